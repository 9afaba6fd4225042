import { describe, expect, test } from 'vitest';
import { schedules } from '../../src/schedules/index.js';
import { type Arguments, casesOf, labelOf, normwise, vectorsOf } from './numbers.js';
import { withDefaults } from './support.js';

interface Case extends Arguments {
  readonly word: keyof typeof schedules;
  readonly arguments?: Arguments;
}

const section = casesOf<{ readonly steps: number; readonly cases: readonly Case[] }>('schedules');
const { oracle, vectors } = vectorsOf<{ readonly value: number[] }>('schedules');
const { steps } = section;

describe(`schedules as ${oracle}`, () => {
  test('every schedule has a case', () => {
    expect(new Set(section.cases.map((one) => one.word))).toEqual(new Set(Object.keys(schedules)));
  });

  test.each(section.cases.map((one) => ({ label: labelOf(one), one })))('$label', ({ label, one }) => {
    const kind = schedules[one.word];
    const args = withDefaults(kind, one.arguments);
    const found = Array.from({ length: steps + 1 }, (_, step) => kind.value(args, { step, steps, stepsPerEpoch: 10 }));
    // Keras' schedules compute in float32.
    expect(normwise(found, vectors[label]!.value)).toBeLessThan(2e-7);
  });
});
