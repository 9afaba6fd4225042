import { describe, expect, test } from 'vitest';
import { losses } from '../../src/losses/index.js';
import { gradient } from '../../src/program/gradient.js';
import { type Arguments, casesOf, labelOf, normwise, vectorsOf } from './numbers.js';
import { compute, withDefaults } from './support.js';
import { outputsOf, targetOf } from './targets.js';

interface Case extends Arguments {
  readonly word: keyof typeof losses;
  readonly shape: readonly number[];
  readonly arguments?: Arguments;
  readonly scale?: number;
  readonly labels?: 'binary' | 'mixed';
}

const section = casesOf<{ readonly rows: number; readonly cases: readonly Case[] }>('losses');
const { oracle, vectors } = vectorsOf<{ readonly value: number; readonly gradient: number[] }>('losses');

/** How far Keras is from the loss of probabilities: it cuts them at 1e-7 and takes logarithms of what is left, where dnc goes on from the logits. */
const PROBABILITIES = 1e-6;
/** Keras takes log 2 in float32, which is off by 2e-9. */
const LOG_2 = 1e-8;

describe(`losses and their gradients as ${oracle}`, () => {
  test('every loss has a case', () => {
    expect(new Set(section.cases.map((one) => one.word))).toEqual(new Set(Object.keys(losses)));
  });

  test.each(section.cases.map((one) => ({ label: labelOf(one), one })))('$label', ({ label, one }) => {
    const kind = losses[one.word];
    const shape = [section.rows, ...one.shape];
    const target = targetOf(one, section.rows, 4);
    const found = compute(
      (b) => {
        const prediction = b.batch('prediction', 'float', shape);
        const rows = kind.rows(b, {
          arguments: withDefaults(kind, one.arguments),
          target: b.batch('target', target.dtype, target.shape),
          prediction,
        });
        expect(rows.type.shape).toEqual([section.rows]);
        const value = b.mean(rows);
        return { value, gradient: gradient(b, value, [prediction])[0]! };
      },
      {
        prediction: outputsOf(one, section.rows, 3),
        target,
      },
    );
    const wanted = vectors[label]!;
    const bound = one.arguments?.from_logits === false ? PROBABILITIES : one.word === 'log_cosh' ? LOG_2 : 1e-10;
    expect(normwise(found.value!.data, [wanted.value])).toBeLessThan(bound);
    expect(normwise(found.gradient!.data, wanted.gradient)).toBeLessThan(bound);
  });
});
