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
  adagrad: 1 - (0.1 * 0.5) / Math.sqrt(0.1 + 0.25 + 1e-7),
  // The corrected moments are the gradient and its square.
  adam: 1 - (0.1 * 0.5) / (0.5 + 1e-7 / Math.sqrt(1 - 0.999)),
  adamw: 1 - 0.1 * 0.004 - (0.1 * 0.5) / (0.5 + 1e-7 / Math.sqrt(1 - 0.999)),
  lion: 1 - 0.1,
  // µ₁ = 0.9·(1 − 0.48), µ₂ = 0.9·(1 − 0.5·0.9216); the mean is a tenth of the gradient.
  nadam:
    1 -
    (0.1 * ((0.9 * 0.5392 * 0.05) / (1 - 0.9 * 0.52 * 0.9 * 0.5392) + ((1 - 0.9 * 0.52) * 0.5) / (1 - 0.9 * 0.52))) /
      (0.5 + 1e-7),
  rmsprop: 1 - (0.1 * 0.5) / Math.sqrt(0.1 * 0.25 + 1e-7),
  sgd: 1 - 0.1 * 0.5,
};

test.each(Object.entries(firstSteps) as [Word, number][])('%s: the first step', (word, wanted) => {
  expect(optimizers[word].keyword).toBe(word);
  expect(steps(word, {}, [0.5])[0]!.parameter).toBeCloseTo(wanted, 13);
});

/** Steps until w² is at its bottom from 1, at a learning rate of 0.1. Adagrad's become smaller and smaller. */
const HILL: Readonly<Record<Word, number>> = {
  adagrad: 400,
  adam: 60,
  adamw: 60,
  lion: 60,
  nadam: 60,
  rmsprop: 60,
  sgd: 60,
};

describe.each(Object.keys(firstSteps) as Word[])('%s', (word) => {
  test('goes downhill on w² until it is there', () => {
    const kind = optimizers[word];
    let weights = 1;
    const gradients: number[] = [];
    for (let k = 0; k < HILL[word]; k++) {
      gradients.push(2 * weights);
      weights = steps(word, {}, gradients)[k]!.parameter;
    }
    expect(Math.abs(weights)).toBeLessThan(0.2);
    expect(kind.slots(withDefaults(kind) as never)).toEqual([...new Set(kind.slots(withDefaults(kind) as never))]);
  });

  test('does not move without a gradient', () => {
    const still = 'weight_decay' in optimizers[word].schema.properties ? { weight_decay: 0 } : {};
    for (const { parameter } of steps(word, still, [0, 0, 0])) expect(parameter).toBe(1);
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

/** What an optimizer says it divides by is what its step shows, where a step is a gradient divided by something. */
describe('the diagonal', () => {
  const gradients = [0.5, -2, 0.25, 3];

  test('of rmsprop is the root of the mean square, or of the variance', () => {
    let [square, mean, before] = [0, 0, 1];
    for (const centered of [false, true]) {
      [square, mean, before] = [0, 0, 1];
      const found = steps('rmsprop', { rho: 0.8, epsilon: 1e-3, centered }, gradients);
      gradients.forEach((g, k) => {
        square = 0.8 * square + 0.2 * g * g;
        mean = 0.8 * mean + 0.2 * g;
        const { diagonal, parameter } = found[k]!;
        expect(diagonal).toBeCloseTo(Math.sqrt(square - (centered ? mean * mean : 0) + 1e-3), 13);
        expect(before - parameter).toBeCloseTo((0.1 * g) / diagonal!, 13);
        before = parameter;
      });
    }
  });

  test('of adagrad is the root of what it added up', () => {
    let [sum, before] = [0.1, 1];
    steps('adagrad', { epsilon: 1e-3 }, gradients).forEach(({ diagonal, parameter, slots }, k) => {
      const g = gradients[k]!;
      sum += g * g;
      expect(slots.squares).toBeCloseTo(sum - 0.1, 13);
      expect(diagonal).toBeCloseTo(Math.sqrt(sum + 1e-3), 13);
      expect(before - parameter).toBeCloseTo((0.1 * g) / diagonal!, 13);
      before = parameter;
    });
  });

  test('of lion is the size of what it takes the sign of, and never 0', () => {
    let [momentum, before] = [0, 1];
    steps('lion', {}, [...gradients, 0]).forEach(({ diagonal, parameter }, k) => {
      const g = [...gradients, 0][k]!;
      const direction = 0.9 * momentum + 0.1 * g;
      expect(diagonal).toBeCloseTo(Math.abs(direction), 13);
      expect(before - parameter).toBeCloseTo((0.1 * direction) / diagonal!, 13);
      momentum = 0.99 * momentum + 0.01 * g;
      before = parameter;
    });
    expect(steps('lion', {}, [0])[0]!.diagonal).toBe(1e-7);
  });

  test('of adamw is that of adam, whatever decays', () => {
    const [one, other] = [steps('adamw', { weight_decay: 0.5 }, gradients), steps('adam', {}, gradients)];
    expect(one.map(({ diagonal }) => diagonal)).toEqual(other.map(({ diagonal }) => diagonal));
    expect(one[0]!.parameter).toBeCloseTo(other[0]!.parameter - 0.05, 13);
  });
});

test('nadam multiplies up its warming momentum as if from the first step, after thousands of them, too', () => {
  const args = withDefaults(optimizers.nadam, { beta_1: 0.9999 }) as never;
  let product = 1;
  for (let step = 1; step <= 3000; step++) {
    product *= 0.9999 * (1 - 0.5 * 0.96 ** step);
    if (step % 500 > 1) continue;
    const next = 0.9999 * (1 - 0.5 * 0.96 ** (step + 1));
    const { from_momentum, from_gradient } = optimizers.nadam.scalars!(args, { step, learningRate: 0.1 });
    expect(from_momentum! / (next / (1 - product * next))).toBeCloseTo(1, 10);
    expect(from_gradient! / ((1 - 0.9999 * (1 - 0.5 * 0.96 ** step)) / (1 - product))).toBeCloseTo(1, 10);
  }
});
