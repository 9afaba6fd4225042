import { describe, expect, test } from 'vitest';
import type { TargetForm } from '../../src/losses/loss.js';
import { metrics } from '../../src/metrics/index.js';
import { type Arguments, casesOf, labelOf, vectorsOf, wave } from './numbers.js';
import { compute, exact, withDefaults } from './support.js';
import { isOfClasses, targetOf } from './targets.js';

interface Case extends Arguments {
  readonly word: keyof typeof metrics;
  readonly shape: readonly number[];
  readonly form: TargetForm;
  readonly arguments?: Arguments;
}

const section = casesOf<{ readonly batches: readonly number[]; readonly cases: readonly Case[] }>('metrics');
const { oracle, vectors } = vectorsOf<{ readonly value: number }>('metrics');

describe(`metrics over three batches as ${oracle}`, () => {
  test('every metric has a case', () => {
    expect(new Set(section.cases.map((one) => one.word))).toEqual(new Set(Object.keys(metrics)));
  });

  test.each(section.cases.map((one) => ({ label: labelOf(one), one })))('$label', ({ label, one }) => {
    const kind = metrics[one.word];
    const scalars: Record<string, number> = {};
    const tensors: Record<string, number[]> = {};
    const args = withDefaults(kind, one.arguments) as never;
    for (const [batch, rows] of section.batches.entries()) {
      const shape = [rows, ...one.shape];
      const size = shape.reduce((product, extent) => product * extent, 1);
      const target = targetOf(one, rows, 40 + batch);
      const sums = compute(
        (b) =>
          kind.sums(b, {
            arguments: args,
            target: b.batch('target', target.dtype, target.shape),
            form: one.form,
            prediction: b.batch('prediction', 'float', shape),
          }),
        {
          prediction: exact(
            shape,
            wave(size, 30 + batch).map((x) => (isOfClasses(one.word) ? (x + 1) / 2 : x)),
          ),
          target,
        },
      );
      for (const [name, found] of Object.entries(sums)) {
        if (found.shape.length === 0) scalars[name] = (scalars[name] ?? 0) + found.data[0]!;
        else tensors[name] = Array.from(found.data, (value, k) => (tensors[name]?.[k] ?? 0) + value);
      }
    }
    const rows = section.batches.reduce((sum, one) => sum + one, 0);
    // Keras' metrics add up in float32.
    const wanted = vectors[label]!.value;
    expect(Math.abs(kind.finish(scalars, rows, tensors, args) / wanted - 1)).toBeLessThan(1e-6);
  });
});
