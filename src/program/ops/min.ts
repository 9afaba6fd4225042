import { firstExtreme } from '../extremes.js';
import { reduction } from '../families.js';

export const min = reduction({
  keyword: 'min',
  summary: 'The smallest over axes of known extents. The gradient goes to the first of equals in row-major order.',
  dtypes: ['float', 'int'],
  known: true,
  f(data, start, members) {
    let best = data[start]!;
    for (let r = 1; r < members.length; r++) best = Math.min(best, data[start + members[r]!]!);
    return best;
  },
  gradient: (b, g, x, _, axes) => firstExtreme(b, g, b.negate(x), axes),
});
