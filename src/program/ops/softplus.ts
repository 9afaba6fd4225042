import { unary } from '../families.js';

export const softplus = unary({
  keyword: 'softplus',
  summary: 'log(1 + e^x), without overflow.',
  f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  gradient: (b, g, x) => b.multiply(g, b.sigmoid(x)),
});
