import { describe, expect, test } from 'vitest';
import { schedules } from '../../src/schedules/index.js';

import { learningRateAt, scheduledValue } from '../../src/runtime/training/learning-rate.js';

type Word = keyof typeof schedules;

const steps = (amount: number) => ({ amount, unit: 'steps' }) as const;
const epochs = (amount: number) => ({ amount, unit: 'epochs' }) as const;

/** Every schedule: arguments, and what it is at the first step, half way, and at the end. One that is missing here does not compile. */
const facts: Readonly<
  Record<
    Word,
    readonly {
      readonly arguments: Readonly<Record<string, unknown>>;
      readonly at: readonly [number, number, number];
      /** It may rise, or goes on after the end of the phase. */
      readonly free?: true;
    }[]
  >
> = {
  constant: [{ arguments: { value: 0.3 }, at: [0.3, 0.3, 0.3] }],
  cosine: [
    { arguments: { initial_learning_rate: 0.2, alpha: 0 }, at: [0.2, 0.1, 0] },
    { arguments: { initial_learning_rate: 0.2, alpha: 0.5 }, at: [0.2, 0.15, 0.1] },
    { arguments: { initial_learning_rate: 0.2, alpha: 1 }, at: [0.2, 0.2, 0.2] },
  ],
  cosine_restarts: [
    {
      arguments: { initial_learning_rate: 0.2, first_decay_steps: steps(50), t_mul: 1, m_mul: 0.5, alpha: 0 },
      at: [0.2, 0.1, 0.05],
      free: true,
    },
    {
      arguments: { initial_learning_rate: 0.2, first_decay_steps: epochs(2), t_mul: 2, m_mul: 1, alpha: 0.5 },
      at: [
        0.2,
        0.1 * (1 + 0.5 * (1 + Math.cos((Math.PI * 3) / 4))),
        0.1 * (1 + 0.5 * (1 + Math.cos((Math.PI * 4) / 8))),
      ],
      free: true,
    },
  ],
  exponential: [
    {
      arguments: { initial_learning_rate: 0.2, decay_steps: steps(50), decay_rate: 0.5, staircase: false },
      at: [0.2, 0.1, 0.05],
      free: true,
    },
    {
      arguments: { initial_learning_rate: 0.2, decay_steps: epochs(3), decay_rate: 0.5, staircase: true },
      at: [0.2, 0.1, 0.025],
      free: true,
    },
  ],
  piecewise: [
    { arguments: { boundaries: [steps(49), epochs(9)], values: [0.3, 0.2, 0.1] }, at: [0.3, 0.2, 0.1] },
    { arguments: { boundaries: [steps(50)], values: [0.1, 0.3] }, at: [0.1, 0.1, 0.3], free: true },
  ],
  polynomial: [
    { arguments: { initial_learning_rate: 0.2, end_learning_rate: 0, power: 1, cycle: false }, at: [0.2, 0.1, 0] },
    { arguments: { initial_learning_rate: 0.2, end_learning_rate: 0, power: 2, cycle: false }, at: [0.2, 0.05, 0] },
    {
      arguments: { initial_learning_rate: 0.2, decay_steps: epochs(5), end_learning_rate: 0.1, power: 1, cycle: false },
      at: [0.2, 0.1, 0.1],
    },
  ],
  reduce_on_plateau: [{ arguments: { initial_learning_rate: 0.2, factor: 0.5, min_lr: 0.06 }, at: [0.2, 0.2, 0.2] }],
  step: [
    { arguments: { initial_learning_rate: 0.2, every: epochs(5), factor: 0.1 }, at: [0.2, 0.02, 0.002], free: true },
  ],
  warmup: [
    { arguments: { warmup_steps: steps(50), schedule: 0.2, from: 0.1 }, at: [0.1, 0.2, 0.2], free: true },
    {
      arguments: {
        warmup_steps: epochs(2),
        schedule: {
          word: 'polynomial',
          arguments: { initial_learning_rate: 0.2, end_learning_rate: 0, power: 1, cycle: false },
        },
        from: 0,
      },
      at: [0, 0.125, 0],
      free: true,
    },
  ],
};

const all = Object.entries(facts).flatMap(([word, cases]) => cases.map((one) => ({ word: word as Word, one })));

describe.each(all)('$word $one.arguments', ({ word, one }) => {
  const kind = schedules[word];
  const value = (step: number, steps: number) =>
    kind.value(one.arguments as never, { step, steps, stepsPerEpoch: 10 }, scheduledValue);

  test('is called what its registry entry says', () => {
    expect(kind.keyword).toBe(word);
  });

  test('begins, goes on and ends where it should', () => {
    expect(value(0, 100)).toBeCloseTo(one.at[0], 14);
    expect(value(50, 100)).toBeCloseTo(one.at[1], 14);
    expect(value(100, 100)).toBeCloseTo(one.at[2], 14);
  });

  test.skipIf(one.free)('stays at its end, never rises and never falls below 0', () => {
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
    schedules.cosine.value(
      { initial_learning_rate: 1, alpha: 0 } as never,
      { step, steps: 6, stepsPerEpoch: 6 },
      scheduledValue,
    );
  // cos 30°, cos 60°, cos 120°
  expect(at(1)).toBeCloseTo((1 + Math.sqrt(3) / 2) / 2, 14);
  expect(at(2)).toBeCloseTo(0.75, 14);
  expect(at(4)).toBeCloseTo(0.25, 14);
});

test('cosine_restarts begins again at the very step, and falls for longer each time', () => {
  const args = { initial_learning_rate: 1, first_decay_steps: epochs(1), t_mul: 2, m_mul: 0.5, alpha: 0 } as never;
  const at = (step: number) =>
    schedules.cosine_restarts.value(args, { step, steps: 70, stepsPerEpoch: 10 }, scheduledValue);
  // Falls of 10, 20 and 40 steps, from 1, 1/2 and 1/4.
  expect([at(0), at(10), at(30)]).toEqual([1, 0.5, 0.25]);
  expect([at(5), at(20), at(50)].map((value) => value.toFixed(12))).toEqual([
    '0.500000000000',
    '0.250000000000',
    '0.125000000000',
  ]);
  expect(at(9)).toBeLessThan(0.03);
  expect(at(69)).toBeLessThan(0.001);
});

test('reduce_on_plateau falls at every standstill, to its least value', () => {
  const rate = { word: 'reduce_on_plateau', arguments: { initial_learning_rate: 0.2, factor: 0.5, min_lr: 0.06 } };
  const phase = { optimizer: { word: 'sgd', arguments: { learning_rate: rate } } };
  const at = (standstills: number) => learningRateAt(phase, { step: 3, steps: 9, stepsPerEpoch: 3, standstills });
  expect([at(0), at(1), at(2)]).toEqual([0.2, 0.1, 0.06]);
});

test('piecewise: the step at a boundary belongs to the value before it', () => {
  const args = { boundaries: [steps(2)], values: [1, 2] } as never;
  const at = (step: number) => schedules.piecewise.value(args, { step, steps: 6, stepsPerEpoch: 6 }, scheduledValue);
  expect([at(1), at(2), at(3)]).toEqual([1, 1, 2]);
});

test('polynomial begins again where it may, each time with a longer time ahead', () => {
  const args = {
    initial_learning_rate: 1,
    decay_steps: steps(10),
    end_learning_rate: 0,
    power: 1,
    cycle: true,
  } as never;
  const at = (step: number) => schedules.polynomial.value(args, { step, steps: 6, stepsPerEpoch: 6 }, scheduledValue);
  expect([at(0), at(5), at(10), at(15), at(20), at(25)]).toEqual([1, 0.5, 0, 0.25, 0, 1 - 25 / 30]);
});
