import { binary } from '../families.js';

export const minimum = binary({
  keyword: 'minimum',
  summary: 'The smaller of x and y, NaN if one is. Where they are equal the gradient is all x’s, as in TensorFlow.',
  f: Math.min,
  gradient: {
    x: (b, { g, x, y }) => b.select(b.lessEqual(x, y), g, 0),
    y: (b, { g, x, y }) => b.select(b.greater(x, y), g, 0),
  },
});
