import { describe, expect, test } from 'vitest';
import { optimizers } from '../../src/optimizers/index.js';
import { Builder } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import type { Tensor64 } from '../../src/program/program.js';
import { sizeOf } from '../../src/program/program.js';
import { type Arguments, casesOf, labelOf, normwise, vectorsOf, wave } from './numbers.js';
import { exact, FLOAT32_NUMBERS, withDefaults } from './support.js';

interface Case extends Arguments {
  readonly word: keyof typeof optimizers;
  readonly learning_rate: number;
  readonly arguments?: Arguments;
}

const section = casesOf<{
  readonly shape: readonly number[];
  readonly steps: number;
  readonly cases: readonly Case[];
}>('optimizers');
const { oracle, vectors } = vectorsOf<{ readonly first: number[]; readonly last: number[] }>('optimizers');
const { shape, steps } = section;

/** Where float32 can hold an optimizer's numbers Keras and dnc compute the same; else see FLOAT32_NUMBERS. */
function boundOf(word: keyof typeof optimizers, args: Arguments): number {
  // Its product of decays, of 0.96 among others, is held in float32.
  if (word === 'nadam') return FLOAT32_NUMBERS;
  return Object.values(args).every((one) => typeof one !== 'number' || Math.fround(one) === one)
    ? 1e-11
    : FLOAT32_NUMBERS;
}

describe(`${steps} steps on given gradients as ${oracle}`, () => {
  test('every optimizer has a case', () => {
    expect(new Set(section.cases.map((one) => one.word))).toEqual(new Set(Object.keys(optimizers)));
  });

  test.each(section.cases.map((one) => ({ label: labelOf(one), one })))('$label', ({ label, one }) => {
    const kind = optimizers[one.word];
    const args = withDefaults(kind, { ...one.arguments, learning_rate: one.learning_rate });
    const scalarsAt = (step: number) => kind.scalars?.(args, { step, learningRate: one.learning_rate }) ?? {};
    const b = new Builder();
    const updated = kind.update(b, {
      arguments: args,
      parameter: b.state('parameter', shape),
      gradient: b.batch('gradient', 'float', shape),
      learningRate: b.scalar('learning_rate'),
      slots: Object.fromEntries(kind.slots(args).map((slot) => [slot, b.state(slot, shape)])),
      scalars: Object.fromEntries(Object.keys(scalarsAt(1)).map((name) => [name, b.scalar(name)])),
    });
    b.next('parameter', updated.parameter);
    for (const [slot, value] of Object.entries(updated.slots)) b.next(slot, value);
    const program = b.build(label);

    const zeros = exact(shape, new Array(sizeOf(shape)).fill(0));
    let state: Record<string, Tensor64> = {
      parameter: exact(shape, wave(sizeOf(shape), 11)),
      ...Object.fromEntries(kind.slots(args).map((slot) => [slot, zeros])),
    };
    for (let step = 1; step <= steps; step++) {
      const scalars = { learning_rate: one.learning_rate, ...scalarsAt(step) };
      state = {
        ...state,
        ...evaluate(program, {
          ...state,
          gradient: exact(shape, wave(sizeOf(shape), 499 + step)),
          ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, exact([], [value])])),
        }).state,
      };
      if (step === 1)
        expect(normwise(state.parameter!.data, vectors[label]!.first)).toBeLessThan(boundOf(one.word, args));
    }
    expect(normwise(state.parameter!.data, vectors[label]!.last)).toBeLessThan(boundOf(one.word, args));
  });
});
