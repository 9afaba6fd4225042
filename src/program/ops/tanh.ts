import { unary } from '../families.js';

export const tanh = unary({
  keyword: 'tanh',
  summary: 'The hyperbolic tangent.',
  f: Math.tanh,
  gradient: (b, g, _, y) => b.multiply(g, b.subtract(1, b.square(y))),
});
