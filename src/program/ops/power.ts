import { binary } from '../families.js';

export const power = binary({
  keyword: 'power',
  summary:
    'x to the y. The gradient for x at y = 0 is 0, that for y is 0 where x ≤ 0, where the logarithm is not real.',
  dtypes: ['float'],
  f: (x, y) => x ** y,
  gradient: {
    x: (b, { g, x, y }) => b.multiply(g, b.select(b.equal(y, 0), 0, b.multiply(y, b.power(x, b.subtract(y, 1))))),
    y: (b, { g, x, z }) => {
      const positive = b.greater(x, 0);
      return b.multiply(g, b.select(positive, b.multiply(z, b.log(b.select(positive, x, 1))), 0));
    },
  },
});
