/**
 * Logarithm, cosine and sine from additions, multiplications, divisions and square roots only. IEEE 754 fixes the result of those to the last bit;
 * `Math.log` and `Math.cos` may differ in their last bits between JavaScript engines, and with them every number drawn from a normal.
 */

export const HALF_PI = Math.PI / 2;

/** ln m = 2 artanh(s), s = (m − 1) / (m + 1): 1/21, …, 1/5, 1/3 of the powers of s². */
export const logarithm = [21, 19, 17, 15, 13, 11, 9, 7, 5, 3].map((n) => 1 / n);
/** Of the powers of x²: −1/15!, …, 1/5!, −1/3!. */
export const sine = [-1307674368000, 6227020800, -39916800, 362880, -5040, 120, -6].map((n) => 1 / n);
/** Of the powers of x²: 1/16!, …, 1/4!, −1/2!. */
export const cosine = [20922789888000, -87178291200, 479001600, -3628800, 40320, -720, 24, -2].map((n) => 1 / n);

/** A polynomial in z by Horner's rule, its highest coefficient first. */
function polynomial(coefficients: readonly number[], z: number): number {
  let value = coefficients[0]!;
  for (let k = 1; k < coefficients.length; k++) value = value * z + coefficients[k]!;
  return value;
}

/** ln(n / 2³²) for a whole number n from 1 to 2³². The error is below 3e-16 of the larger of 1 and the result. */
export function logOfFraction(n: number): number {
  if (n >= 2 ** 32) return 0;
  // n = m · 2^exponent with m in [√½, √2), so that the series below is short.
  let exponent = 31 - Math.clz32(n);
  let m = n / ((1 << exponent) >>> 0);
  if (m > Math.SQRT2) {
    m /= 2;
    exponent += 1;
  }
  // ln m = 2 artanh(s), s = (m − 1) / (m + 1); |s| < 0.1716, so the first term left out is below 1e-18.
  const s = (m - 1) / (m + 1);
  const z = s * s;
  return (exponent - 32) * Math.LN2 + (2 * s + 2 * s * z * polynomial(logarithm, z));
}

/** Taylor series on [0, π/4]. The first term left out is below 5e-17. */
function sineSeries(x: number): number {
  const z = x * x;
  return x + x * z * polynomial(sine, z);
}

/** The first term left out is below 3e-18. */
function cosineSeries(x: number): number {
  const z = x * x;
  return 1 + z * polynomial(cosine, z);
}

/** cos(2π · turn / 2³²); `turn` counts as an unsigned 32-bit number. */
export function cosineOfTurn(turn: number): number {
  const quarter = turn >>> 30;
  const rest = turn & 0x3fffffff;
  const value = quarter & 1 ? sineOfQuarter(rest) : cosineOfQuarter(rest);
  return quarter === 1 || quarter === 2 ? -value : value;
}

/** sin(2π · turn / 2³²). */
export function sineOfTurn(turn: number): number {
  // A quarter of a turn back: sin x = cos(x − π/2).
  return cosineOfTurn((turn - 0x40000000) | 0);
}

/** Of part / 2³⁰ · π/2, part from 0 to 2³⁰ − 1. The half above π/4 is mirrored, which is exact in integers. */
function cosineOfQuarter(part: number): number {
  return part <= 0x20000000
    ? cosineSeries((part / 2 ** 30) * HALF_PI)
    : sineSeries(((2 ** 30 - part) / 2 ** 30) * HALF_PI);
}

function sineOfQuarter(part: number): number {
  return part <= 0x20000000
    ? sineSeries((part / 2 ** 30) * HALF_PI)
    : cosineSeries(((2 ** 30 - part) / 2 ** 30) * HALF_PI);
}
