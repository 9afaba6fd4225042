import { describe, expect, test } from 'vitest';
import { activations } from '../../src/activations/index.js';
import { type Arguments, casesOf, labelOf, vectorsOf, wave } from './numbers.js';
import { compute, exact, upstreamGradient, withDefaults } from './support.js';

type Word = keyof typeof activations;

interface Case extends Arguments {
  readonly word: Word;
  readonly arguments?: Arguments;
}

const section = casesOf<{
  readonly points: readonly number[];
  readonly rowLength: number;
  readonly cases: readonly Case[];
}>('activations');
const { oracle, vectors } = vectorsOf<{ readonly value: number[]; readonly gradient: number[] }>('activations');

const sorted = [...new Set(section.points.flatMap((x) => [x, 0 - x]))].sort((a, b) => b - a);
const rows = Math.floor(sorted.length / section.rowLength);
const shape = [rows, section.rowLength];
const points = sorted.slice(0, rows * section.rowLength);
const upstream = wave(points.length, 7);

/**
 * Where Keras has another derivative, and what lies between the derivatives from the left and from the right. Keras' celu adds up both sides of its
 * max and min at 0 and gives 2 where the function is smooth; its selu gives a half of what it is on the right.
 */
const kinks: Readonly<Partial<Record<Word, { readonly at: number; readonly between: readonly [number, number] }>>> = {
  celu: { at: 0, between: [1, 1] },
  hard_sigmoid: { at: 3, between: [0, 1 / 6] },
  hard_silu: { at: 3, between: [1, 1.5] },
  relu6: { at: 6, between: [0, 1] },
  selu: { at: 0, between: [1.0507, 1.0507 * 1.6733] },
};

/** Element by element within 1e-8 + 5e-8 · |wanted|: Keras holds some constants of its functions (√2, slopes) in float32 whatever the input is. */
function expectClose(found: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(found.length).toBe(wanted.length);
  for (let k = 0; k < wanted.length; k++) {
    if (Object.is(found[k], wanted[k])) continue;
    const bound = 1e-8 + 5e-8 * Math.abs(wanted[k]!);
    if (!(Math.abs(found[k]! - wanted[k]!) <= bound))
      expect.fail(`element ${k} is ${found[k]} and should be ${wanted[k]}`);
  }
}

describe(`activations and their gradients as ${oracle}`, () => {
  test('every activation has a case', () => {
    expect(new Set(section.cases.map((one) => one.word))).toEqual(new Set(Object.keys(activations)));
  });

  test.each(section.cases.map((one) => ({ label: labelOf(one), one })))('$label', ({ label, one }) => {
    const kind = activations[one.word];
    const found = compute(
      (b) => {
        const x = b.batch('x', 'float', shape);
        const value = kind.forward(b, x, withDefaults(kind, one.arguments));
        return { value, gradient: upstreamGradient(b, value, shape, [x])[0]! };
      },
      { x: exact(shape, points) },
    );
    const wanted = vectors[label]!;
    const gradient = [...wanted.gradient];
    const kink = kinks[one.word];
    if (kink) {
      const at = points.indexOf(kink.at);
      gradient[at] = found.gradient!.data[at]!;
      const derivative = gradient[at] / upstream[at]!;
      expect(derivative).toBeGreaterThan(kink.between[0] - 1e-4);
      expect(derivative).toBeLessThan(kink.between[1] + 1e-4);
    }
    expectClose(found.value!.data, wanted.value);
    expectClose(found.gradient!.data, gradient);
  });
});
