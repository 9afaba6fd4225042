import { binary } from '../families.js';

export const subtract = binary({
  keyword: 'subtract',
  summary: 'x − y',
  f: (x, y) => x - y,
  int: (x, y) => (x - y) | 0,
  gradient: { x: (_, { g }) => g, y: (b, { g }) => b.negate(g) },
});
