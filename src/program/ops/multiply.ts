import { binary } from '../families.js';

export const multiply = binary({
  keyword: 'multiply',
  summary: 'x · y',
  f: (x, y) => x * y,
  int: Math.imul,
  gradient: { x: (b, { g, y }) => b.multiply(g, y), y: (b, { g, x }) => b.multiply(g, x) },
});
