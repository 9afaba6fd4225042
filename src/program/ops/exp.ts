import { unary } from '../families.js';

export const exp = unary({
  keyword: 'exp',
  summary: 'e to the x',
  f: Math.exp,
  gradient: (b, g, _, y) => b.multiply(g, y),
});
