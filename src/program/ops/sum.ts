import { withReducedAxes } from '../adjoint.js';
import { reduction } from '../families.js';

export const sum = reduction({
  keyword: 'sum',
  summary: 'The sum over axes.',
  dtypes: ['float', 'int'],
  f(data, start, members) {
    let total = 0;
    for (let r = 0; r < members.length; r++) total += data[start + members[r]!]!;
    return total;
  },
  gradient: (b, g, x, _, axes) => b.broadcastTo(withReducedAxes(b, g, x.type.shape, axes), x.type.shape),
});
