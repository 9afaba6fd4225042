import { describe, expect, test } from 'vitest';
import { optimizers } from '../../src/optimizers/index.js';
import { Builder } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import type { Tensor64 } from '../../src/program/program.js';
import { exact, withDefaults } from '../parity/support.js';

type Word = keyof typeof optimizers;

interface Stepped {
  readonly parameter: number;
  readonly slots: Readonly<Record<string, number>>;
  /** What the optimizer says that it divides a gradient by. */
  readonly diagonal: number | undefined;
}

/** Runs an optimizer on one weight from 1 with the given gradients. */
function steps(
  word: Word,
  given: Readonly<Record<string, unknown>>,
  gradients: readonly number[],
  rate = 0.1,
): Stepped[] {
  const kind = optimizers[word];
  const args = withDefaults(kind, { learning_rate: rate, ...given }) as never;
  const scalars = (step: number) => kind.scalars?.(args, { step, learningRate: rate }) ?? {};
  const b = new Builder();
  const slots = kind.slots(args);
  const updated = kind.update(b, {
    arguments: args,
    parameter: b.state('w', [1]),
    gradient: b.batch('g', 'float', [1]),
    learningRate: b.scalar('learning_rate'),
    slots: Object.fromEntries(slots.map((slot) => [slot, b.state(slot, [1])])),
    scalars: Object.fromEntries(Object.keys(scalars(1)).map((name) => [name, b.scalar(name)])),
  });
  b.next('w', updated.parameter);
  expect(Object.keys(updated.slots)).toEqual(slots);
  for (const [slot, value] of Object.entries(updated.slots)) b.next(slot, value);
  if (updated.diagonal) b.result('diagonal', updated.diagonal);
  const program = b.build(word);
  let state: Record<string, Tensor64> = Object.fromEntries([
    ['w', exact([1], [1])],
    ...slots.map((slot) => [slot, exact([1], [0])]),
  ]);
  return gradients.map((gradient, k) => {
    const numbers = { learning_rate: rate, ...scalars(k + 1) };
    const { state: next, results } = evaluate(program, {
      ...state,
      g: exact([1], [gradient]),
      ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, exact([], [value])])),
    });
    state = next;
    return {
      parameter: next.w!.data[0]!,
      slots: Object.fromEntries(slots.map((slot) => [slot, next[slot]!.data[0]!])),
      diagonal: results.diagonal?.data[0],
    };
  });
}

/** Every optimizer: a first step from 1 with gradient 0.5 and learning rate 0.1. One that is missing here does not compile. */
const firstSteps: Readonly<Record<Word, number>> = {
  // The corrected moments are the gradient and its square.
  adam: 1 - (0.1 * 0.5) / (0.5 + 1e-7 / Math.sqrt(1 - 0.999)),
  sgd: 1 - 0.1 * 0.5,
};

test.each(Object.entries(firstSteps) as [Word, number][])('%s: the first step', (word, wanted) => {
  expect(optimizers[word].keyword).toBe(word);
  expect(steps(word, {}, [0.5])[0]!.parameter).toBeCloseTo(wanted, 13);
});

describe.each(Object.keys(firstSteps) as Word[])('%s', (word) => {
  test('goes downhill on w² until it is there', () => {
    const kind = optimizers[word];
    let weights = 1;
    const gradients: number[] = [];
    for (let k = 0; k < 60; k++) {
      gradients.push(2 * weights);
      weights = steps(word, {}, gradients)[k]!.parameter;
    }
    expect(Math.abs(weights)).toBeLessThan(0.2);
    expect(kind.slots(withDefaults(kind) as never)).toEqual([...new Set(kind.slots(withDefaults(kind) as never))]);
  });

  test('does not move without a gradient', () => {
    for (const { parameter } of steps(word, {}, [0, 0, 0])) expect(parameter).toBe(1);
  });
});

describe('sgd', () => {
  test('with momentum keeps a share of the last step', () => {
    // Keras: velocity = m · velocity − rate · g; w += velocity.
    const [one, two, three] = steps('sgd', { momentum: 0.5 }, [1, 1, 0]);
    expect(one!.slots.velocity).toBeCloseTo(-0.1, 14);
    expect(one!.parameter).toBeCloseTo(0.9, 14);
    expect(two!.slots.velocity).toBeCloseTo(-0.15, 14);
    expect(two!.parameter).toBeCloseTo(0.75, 14);
    expect(three!.parameter).toBeCloseTo(0.75 - 0.075, 14);
  });

  test("in Nesterov's form looks one step ahead", () => {
    // w += m · velocity − rate · g, with the new velocity.
    const [one, two] = steps('sgd', { momentum: 0.5, nesterov: true }, [1, 1]);
    expect(one!.parameter).toBeCloseTo(1 - 0.05 - 0.1, 14);
    expect(two!.parameter).toBeCloseTo(0.85 - 0.075 - 0.1, 14);
  });

  test('keeps nothing without momentum, and divides a gradient by nothing', () => {
    expect(optimizers.sgd.slots(withDefaults(optimizers.sgd) as never)).toEqual([]);
    expect(steps('sgd', {}, [1])[0]!.diagonal).toBeUndefined();
    expect(steps('sgd', { momentum: 0.9 }, [1])[0]!.diagonal).toBeUndefined();
  });
});

describe('adam', () => {
  const gradients = [0.5, -2, 0.25, 3];
  const [b1, b2, epsilon] = [0.8, 0.95, 1e-3];

  test('corrects the bias of both moments at every step', () => {
    let [w, m, v] = [1, 0, 0];
    const found = steps('adam', { beta_1: b1, beta_2: b2, epsilon }, gradients);
    gradients.forEach((g, k) => {
      const t = k + 1;
      m = b1 * m + (1 - b1) * g;
      v = b2 * v + (1 - b2) * g * g;
      const [mHat, vHat] = [m / (1 - b1 ** t), v / (1 - b2 ** t)];
      w -= (0.1 * mHat) / (Math.sqrt(vHat) + epsilon / Math.sqrt(1 - b2 ** t));
      expect(found[k]!.parameter).toBeCloseTo(w, 13);
      expect(found[k]!.slots.momentum).toBeCloseTo(m, 13);
      expect(found[k]!.slots.variance).toBeCloseTo(v, 13);
    });
  });

  test("its diagonal is √v̂ + ε', which is what it divides the corrected mean by", () => {
    let [before, m, v] = [1, 0, 0];
    const found = steps('adam', { beta_1: b1, beta_2: b2, epsilon }, gradients);
    gradients.forEach((g, k) => {
      const t = k + 1;
      m = b1 * m + (1 - b1) * g;
      v = b2 * v + (1 - b2) * g * g;
      const { diagonal, parameter } = found[k]!;
      expect(diagonal).toBeCloseTo(Math.sqrt(v / (1 - b2 ** t)) + epsilon / Math.sqrt(1 - b2 ** t), 13);
      expect(before - parameter).toBeCloseTo((0.1 * m) / (1 - b1 ** t) / diagonal!, 13);
      before = parameter;
    });
  });

  test('moves by about the learning rate, whatever the size of the gradients', () => {
    for (const size of [1e-3, 1, 1e6]) expect(1 - steps('adam', {}, [size])[0]!.parameter).toBeCloseTo(0.1, 3);
  });

  test('without memory of squares is defined, too', () => {
    expect(steps('adam', { beta_1: 0, beta_2: 0 }, [2])[0]!.parameter).toBeCloseTo(0.9, 6);
  });
});
