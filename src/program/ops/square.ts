import { unary } from '../families.js';

export const square = unary({
  keyword: 'square',
  summary: 'x · x',
  f: (x) => x * x,
  gradient: (b, g, x) => b.multiply(b.multiply(g, 2), x),
});
