import { binary } from '../families.js';

export const divide = binary({
  keyword: 'divide',
  summary: 'x / y',
  dtypes: ['float'],
  f: (x, y) => x / y,
  gradient: {
    x: (b, { g, y }) => b.divide(g, y),
    y: (b, { g, y, z }) => b.negate(b.divide(b.multiply(g, z), y)),
  },
});
