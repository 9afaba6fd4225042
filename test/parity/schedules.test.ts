import { describe, expect, test } from 'vitest';
import { schedules } from '../../src/schedules/index.js';
import { type Arguments, casesOf, labelOf, normwise, vectorsOf } from './numbers.js';
import { withDefaults } from './support.js';
import type { PhaseSpec } from '../../src/compiler/spec.js';
import type { Kind } from '../../src/ir/kind.js';
import { learningRateAt, scheduledValue } from '../../src/runtime/training/learning-rate.js';
import type { HistoryRow } from '../../src/runtime/training/progress.js';
import { type Supervision, supervise, unsupervised } from '../../src/runtime/training/supervision.js';
import { sections } from '../../src/compiler/sections.js';

interface Case extends Arguments {
  readonly word: keyof typeof schedules;
  readonly arguments?: Arguments;
}

const section = casesOf<{ readonly steps: number; readonly cases: readonly Case[] }>('schedules');
const { oracle, vectors } = vectorsOf<{ readonly value: number[] }>('schedules');
const { steps } = section;

/** Numbers of the cases as the times that they are in a spec. */
function durations(kind: Kind, args: Arguments): Arguments {
  const time = (amount: unknown) => ({ amount, unit: 'steps' });
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => {
      const schema = kind.schema.properties[name] as { duration?: string; items?: { duration?: string } };
      if (schema.items?.duration) return [name, (value as unknown[]).map(time)];
      return [name, schema.duration ? time(value) : value];
    }),
  );
}

describe(`schedules as ${oracle}`, () => {
  test('every schedule has a case', () => {
    // What watches training is compared with Keras' callback, below.
    const words = [...section.cases.map((one) => one.word), 'reduce_on_plateau'];
    expect(new Set(words)).toEqual(new Set(Object.keys(schedules)));
  });

  test.each(section.cases.map((one) => ({ label: labelOf(one), one })))('$label', ({ label, one }) => {
    const kind = schedules[one.word];
    const args = durations(kind, withDefaults(kind, one.arguments));
    const found = Array.from({ length: steps + 1 }, (_, step) =>
      kind.value(args, { step, steps, stepsPerEpoch: 10 }, scheduledValue),
    );
    // Keras' schedules compute in float32.
    expect(normwise(found, vectors[label]!.value)).toBeLessThan(2e-7);
  });
});

interface CallbackCase extends Arguments {
  readonly word: 'early_stopping' | 'reduce_on_plateau';
  readonly arguments: Arguments;
}

const watched = casesOf<{ readonly losses: readonly number[]; readonly cases: readonly CallbackCase[] }>('callbacks');
const watching = vectorsOf<{ readonly epochs: number; readonly weights: number; readonly rates: number[] }>(
  'callbacks',
);

describe(`what watches training as ${watching.oracle}`, () => {
  test.each(watched.cases.map((one) => ({ label: labelOf(one), one })))('$label', ({ label, one }) => {
    const stops = one.word === 'early_stopping';
    const rate = withDefaults(schedules.reduce_on_plateau, { initial_learning_rate: 1, ...one.arguments });
    // Keys in braces, or off.
    const keys = sections.train.schema.properties.early_stopping.anyOf.find(({ type }) => type === 'object');
    const defaults = withDefaults({ schema: keys } as unknown as Kind);
    const phase = {
      optimizer: { word: 'sgd', arguments: { learning_rate: stops ? 1 : { word: one.word, arguments: rate } } },
      ...(stops && { early_stopping: { ...defaults, ...one.arguments } }),
    } as unknown as PhaseSpec;
    let known: Supervision = unsupervised;
    let best: number | undefined;
    const rates: number[] = [];
    for (const [epoch, loss] of watched.losses.entries()) {
      const row = { validation: { loss } } as unknown as HistoryRow;
      const { after, isBest } = supervise(phase, known, row, epoch);
      known = after;
      if (isBest) best = epoch;
      const standstills = known.plateau?.standstills ?? 0;
      rates.push(learningRateAt(phase, { step: 0, steps: 1, stepsPerEpoch: 1, standstills }));
      if (known.ended) break;
    }
    const wanted = watching.vectors[label]!;
    expect(rates).toHaveLength(wanted.epochs);
    expect(normwise(rates, wanted.rates)).toBeLessThan(2e-7);
    if (stops) expect(best).toBe(wanted.weights);
  });
});
