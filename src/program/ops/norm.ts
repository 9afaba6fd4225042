import { withReducedAxes } from '../adjoint.js';
import { reduction } from '../families.js';

export const norm = reduction({
  keyword: 'norm',
  summary: 'The Euclidean norm over axes; its gradient is x / ‖x‖, and 0 for a group of zeros.',
  f(data, start, members) {
    let total = 0;
    for (let r = 0; r < members.length; r++) {
      const one = data[start + members[r]!]!;
      total += one * one;
    }
    return Math.sqrt(total);
  },
  // From the norm that the forward side has: a penalty and its gradient share one reduction. One division a group, one product an
  // element. A float32 norm is 0 or at least 3.7e-23 (the root of the smallest square), so 1/norm does not overflow.
  gradient(b, g, x, y, axes) {
    const inverse = b.select(b.greater(y, 0), b.reciprocal(y), 0);
    return b.multiply(x, withReducedAxes(b, b.multiply(g, inverse), x.type.shape, axes));
  },
});
