import { unary } from '../families.js';

/**
 * The error function to full precision: 2/√π · e^−x² · Σ 2ⁿ x^(2n+1) / (1·3···(2n+1)) (Abramowitz and Stegun, 7.1.6), whose terms
 * have one sign, so that nothing cancels. Beyond 6 the result rounds to ±1.
 */
export function errorFunction(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export const erf = unary({
  keyword: 'erf',
  summary: 'The error function, 2/√π ∫₀ˣ e^−t² dt.',
  f: errorFunction,
  gradient: (b, g, x) => b.multiply(b.multiply(g, 2 / Math.sqrt(Math.PI)), b.exp(b.negate(b.square(x)))),
});
