import { describe, expect, test } from 'vitest';
import { schedules } from '../../src/schedules/index.js';

type Word = keyof typeof schedules;

/** Every schedule: arguments, and what it is at the first step, half way, and at the end. One that is missing here does not compile. */
const facts: Readonly<
  Record<
    Word,
    readonly { readonly arguments: Readonly<Record<string, number>>; readonly at: readonly [number, number, number] }[]
  >
> = {
  constant: [{ arguments: { value: 0.3 }, at: [0.3, 0.3, 0.3] }],
  cosine: [
    { arguments: { initial_learning_rate: 0.2, alpha: 0 }, at: [0.2, 0.1, 0] },
    { arguments: { initial_learning_rate: 0.2, alpha: 0.5 }, at: [0.2, 0.15, 0.1] },
    { arguments: { initial_learning_rate: 0.2, alpha: 1 }, at: [0.2, 0.2, 0.2] },
  ],
};

const all = Object.entries(facts).flatMap(([word, cases]) => cases.map((one) => ({ word: word as Word, one })));

describe.each(all)('$word $one.arguments', ({ word, one }) => {
  const kind = schedules[word];
  const value = (step: number, steps: number) => kind.value(one.arguments as never, { step, steps, stepsPerEpoch: 10 });

  test('is called what its registry entry says', () => {
    expect(kind.keyword).toBe(word);
  });

  test('begins, goes on and ends where it should', () => {
    expect(value(0, 100)).toBeCloseTo(one.at[0], 14);
    expect(value(50, 100)).toBeCloseTo(one.at[1], 14);
    expect(value(100, 100)).toBeCloseTo(one.at[2], 14);
  });

  test('stays at its end, never rises and never falls below 0', () => {
    expect(value(1000, 100)).toBeCloseTo(one.at[2], 14);
    for (let step = 0; step < 110; step++) {
      expect(value(step + 1, 100)).toBeLessThanOrEqual(value(step, 100));
      expect(value(step, 100)).toBeGreaterThanOrEqual(0);
    }
  });

  test('is defined for a phase of one step, and of none', () => {
    expect(value(0, 1)).toBeCloseTo(one.at[0], 14);
    expect(Number.isFinite(value(0, 0))).toBe(true);
  });
});

test('cosine follows half a cosine', () => {
  const at = (step: number) =>
    schedules.cosine.value({ initial_learning_rate: 1, alpha: 0 } as never, { step, steps: 6, stepsPerEpoch: 6 });
  // cos 30°, cos 60°, cos 120°
  expect(at(1)).toBeCloseTo((1 + Math.sqrt(3) / 2) / 2, 14);
  expect(at(2)).toBeCloseTo(0.75, 14);
  expect(at(4)).toBeCloseTo(0.25, 14);
});
