import { withReducedAxes } from '../adjoint.js';
import { reduction } from '../families.js';

export const sum = reduction({
  keyword: 'sum',
  summary: 'The sum over axes.',
  dtypes: ['float', 'int'],
  f(data, start, members) {
    // From the first element, not from 0: the sum of −0 alone is −0.
    let total = members.length > 0 ? data[start + members[0]!]! : 0;
    for (let r = 1; r < members.length; r++) total += data[start + members[r]!]!;
    return total;
  },
  gradient: (b, g, x, _, axes) => b.broadcastTo(withReducedAxes(b, g, x.type.shape, axes), x.type.shape),
});
