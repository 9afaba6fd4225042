import { firstExtreme } from '../extremes.js';
import { reduction } from '../families.js';

export const max = reduction({
  keyword: 'max',
  summary: 'The largest over axes of known extents. The gradient goes to the first of equals in row-major order.',
  dtypes: ['float', 'int'],
  known: true,
  f(data, start, members) {
    let best = data[start]!;
    for (let r = 1; r < members.length; r++) best = Math.max(best, data[start + members[r]!]!);
    return best;
  },
  gradient: (b, g, x, _, axes) => firstExtreme(b, g, x, axes),
});
