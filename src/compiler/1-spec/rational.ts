/** An exact fraction: `denominator` is positive and shares no factor with `numerator`. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Fractions longer than this are rounded to the nearest double, so that chains of products stay small. Doubles need at most 1,075 bits. */
const LONGEST = 1n << 4096n;

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

function reduced(numerator: bigint, denominator: bigint): Rational {
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = greatestCommonDivisor(numerator, denominator < 0n ? -denominator : denominator);
  const fraction = { numerator: (sign * numerator) / divisor, denominator: (sign * denominator) / divisor };
  if (fraction.denominator < LONGEST && fraction.numerator < LONGEST && -fraction.numerator < LONGEST) return fraction;
  const rounded = toNumber(fraction);
  return Number.isFinite(rounded) ? fromNumber(rounded) : fraction;
}

/** The fraction that a finite double shows as: 0.1 is 1/10. */
export function fromNumber(value: number): Rational {
  const [digits, exponent = '0'] = value.toString().split('e') as [string, string?];
  const [whole, decimals = ''] = digits.split('.') as [string, string?];
  const power = Number(exponent) - decimals.length;
  const mantissa = BigInt(whole + decimals);
  return power >= 0 ? reduced(mantissa * 10n ** BigInt(power), 1n) : reduced(mantissa, 10n ** BigInt(-power));
}

/** The nearest double, ties to even; infinite where the fraction is too large. */
export function toNumber({ numerator, denominator }: Rational): number {
  if (denominator === 1n) return Number(numerator);
  const negative = numerator < 0n;
  const size = negative ? -numerator : numerator;
  // Forty significant digits and one that says whether anything was cut: reading that decimal rounds correctly.
  const shift = 40 - (size.toString().length - denominator.toString().length);
  const scaled = shift >= 0 ? size * 10n ** BigInt(shift) : size;
  const divisor = shift >= 0 ? denominator : denominator * 10n ** BigInt(-shift);
  const rest = scaled % divisor === 0n ? '0' : '1';
  const value = Number(`${scaled / divisor}${rest}e${-shift - 1}`);
  return negative ? -value : value;
}

/** Undefined: division by zero. */
export function combine(operator: '+' | '-' | '*' | '/', a: Rational, b: Rational): Rational | undefined {
  switch (operator) {
    case '+':
      return reduced(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
    case '-':
      return reduced(a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator);
    case '*':
      return reduced(a.numerator * b.numerator, a.denominator * b.denominator);
    case '/':
      return b.numerator === 0n ? undefined : reduced(a.numerator * b.denominator, a.denominator * b.numerator);
  }
}
