import { unary } from '../families.js';

export const reciprocal = unary({
  keyword: 'reciprocal',
  summary: '1 / x',
  f: (x) => 1 / x,
  gradient: (b, g, _, y) => b.negate(b.multiply(g, b.square(y))),
});
