import { unary } from '../families.js';

/** 1 / (1 + e^−x) from the exponential that cannot overflow. */
function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

export const sigmoid = unary({
  keyword: 'sigmoid',
  summary: '1 / (1 + e^−x)',
  f: logistic,
  gradient: (b, g, _, y) => b.multiply(g, b.multiply(y, b.subtract(1, y))),
});
