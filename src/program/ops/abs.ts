import { unary } from '../families.js';

export const abs = unary({
  keyword: 'abs',
  summary: '|x|; the gradient at 0 is 0.',
  dtypes: ['float', 'int'],
  f: Math.abs,
  gradient: (b, g, x) => b.multiply(g, b.sign(x)),
});
