import { binary } from '../families.js';

export const maximum = binary({
  keyword: 'maximum',
  summary: 'The larger of x and y, NaN if one is. Where they are equal the gradient is all x’s, as in TensorFlow.',
  f: Math.max,
  gradient: {
    x: (b, { g, x, y }) => b.select(b.greaterEqual(x, y), g, 0),
    y: (b, { g, x, y }) => b.select(b.less(x, y), g, 0),
  },
});
