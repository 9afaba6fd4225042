import { describe, expect, test } from 'vitest';
import { initializers } from '../../src/initializers/index.js';
import { initialTensor } from '../../src/initializers/initial.js';
import { type Arguments, casesOf, labelOf, vectorsOf } from './numbers.js';
import { withDefaults } from './support.js';

interface Case extends Arguments {
  readonly word: keyof typeof initializers;
  readonly arguments?: Arguments;
}

interface Drawn {
  readonly mean: number;
  readonly deviation: number;
  readonly low: number;
  readonly high: number;
  readonly quantiles: number[];
}

const section = casesOf<{
  readonly shape: readonly number[];
  readonly quantiles: readonly number[];
  readonly cases: readonly Case[];
}>('initializers');
const { oracle, vectors } = vectorsOf<Drawn>('initializers');

describe(`distributions of initial values as ${oracle}`, () => {
  test('every initializer has a case', () => {
    expect(new Set(section.cases.map((one) => one.word))).toEqual(new Set(Object.keys(initializers)));
  });

  test.each(section.cases.map((one) => ({ label: labelOf(one), one })))('$label', ({ label, one }) => {
    const kind = initializers[one.word];
    const values = initialTensor({ word: one.word, arguments: withDefaults(kind, one.arguments) }, kind, {
      name: 'fc1.kernel',
      shape: section.shape,
      seed: 7,
    }).sort();
    const wanted = vectors[label]!;
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
    if (wanted.deviation === 0) {
      expect([mean, values[0], values.at(-1)]).toEqual([wanted.mean, wanted.low, wanted.high]);
      return;
    }
    if (one.word === 'identity') {
      // The diagonal of Keras' matrix is the same one.
      expect(mean).toBeCloseTo(wanted.mean, 12);
      expect(deviation).toBeCloseTo(wanted.deviation, 12);
      expect([values[0], values.at(-1)]).toEqual([wanted.low, wanted.high]);
      return;
    }
    // Two draws of n numbers each: six standard errors of the difference of means; of deviations at most that for a normal.
    const error = 6 * Math.sqrt(2 / values.length);
    expect(Math.abs(mean - wanted.mean)).toBeLessThan(error * wanted.deviation);
    expect(Math.abs(deviation / wanted.deviation - 1)).toBeLessThan(error / Math.SQRT2);
    // The shape: the share of values below each of Keras' quantiles (two-sample Kolmogorov-Smirnov distance at about 1e-6).
    for (const [at, share] of section.quantiles.entries()) {
      const below = values.filter((x) => x <= wanted.quantiles[at]!).length / values.length;
      expect(Math.abs(below - share)).toBeLessThan(2.7 * Math.sqrt(2 / values.length));
    }
    // Where the distribution is cut off, both reach nearly to the end of it and not beyond.
    if (one.word === 'normal' || one.word === 'orthogonal' || one.arguments?.distribution === 'untruncated_normal')
      return;
    const reach = wanted.high - wanted.low;
    expect(Math.abs(values[0]! - wanted.low)).toBeLessThan(0.005 * reach);
    expect(Math.abs(values.at(-1)! - wanted.high)).toBeLessThan(0.005 * reach);
  });
});
