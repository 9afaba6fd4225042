import { unary } from '../families.js';

export const log = unary({
  keyword: 'log',
  summary: 'The natural logarithm.',
  f: Math.log,
  gradient: (b, g, x) => b.divide(g, x),
});
