import { withReducedAxes } from '../adjoint.js';
import { reduction } from '../families.js';
import { sizeOf } from '../program.js';
import { knownExtent } from '../shapes.js';

export const mean = reduction({
  keyword: 'mean',
  summary: 'The mean over axes of known extents. Over the batch: the sum, times the scalar that holds 1/batch.',
  known: true,
  f(data, start, members) {
    let total = data[start + members[0]!]!;
    for (let r = 1; r < members.length; r++) total += data[start + members[r]!]!;
    return total / members.length;
  },
  gradient(b, g, x, _, axes) {
    const { shape } = x.type;
    const count = sizeOf(axes.map((axis) => knownExtent('mean', shape, axis)));
    return b.broadcastTo(b.divide(withReducedAxes(b, g, shape, axes), count), shape);
  },
});
