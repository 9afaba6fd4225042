import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { activations } from '../../src/activations/index.js';
import { layers } from '../../src/layers/index.js';
import { brokenClaims, gradientError, tryLayer } from '../layers/harness.js';
import { compute, exact, withDefaults } from '../parity/support.js';
import { seed } from '../program/support.js';
import { gradient } from '../../src/program/gradient.js';

interface Facts {
  /** Value at 0, of a row of one where units mix. */
  readonly zero: number;
  /** What it is at −50 and at 50. */
  readonly ends: readonly [number, number];
  /** Its name in TensorFlow.js; absent: it has none with the same values. */
  readonly tfjs?: string;
  readonly mixes?: true;
}

const SELU = 1.0507009873554805;

/** Every activation with its default arguments; one that is missing here does not compile. */
const facts: Readonly<Record<keyof typeof activations, Facts>> = {
  celu: { zero: 0, ends: [-1, 50] },
  elu: { zero: 0, ends: [-1, 50], tfjs: 'elu' },
  exponential: { zero: 1, ends: [Math.exp(-50), Math.exp(50)] },
  gelu: { zero: 0, ends: [0, 50], tfjs: 'gelu' },
  hard_shrink: { zero: 0, ends: [-50, 50] },
  hard_sigmoid: { zero: 0.5, ends: [0, 1] },
  hard_silu: { zero: 0, ends: [0, 50] },
  hard_tanh: { zero: 0, ends: [-1, 1] },
  leaky_relu: { zero: 0, ends: [-10, 50] },
  linear: { zero: 0, ends: [-50, 50], tfjs: 'linear' },
  log_sigmoid: { zero: -Math.log(2), ends: [-50, 0] },
  log_softmax: { zero: 0, ends: [0, 0], tfjs: 'logSoftmax', mixes: true },
  mish: { zero: 0, ends: [0, 50], tfjs: 'mish' },
  relu: { zero: 0, ends: [0, 50], tfjs: 'relu' },
  relu6: { zero: 0, ends: [0, 6], tfjs: 'relu6' },
  selu: { zero: 0, ends: [-SELU * 1.6732632423543772, SELU * 50], tfjs: 'selu' },
  sigmoid: { zero: 0.5, ends: [0, 1], tfjs: 'sigmoid' },
  silu: { zero: 0, ends: [0, 50], tfjs: 'swish' },
  soft_shrink: { zero: 0, ends: [-49.5, 49.5] },
  softmax: { zero: 1, ends: [1, 1], tfjs: 'softmax', mixes: true },
  softplus: { zero: Math.log(2), ends: [0, 50], tfjs: 'softplus' },
  softsign: { zero: 0, ends: [-50 / 51, 50 / 51], tfjs: 'softsign' },
  sparse_plus: { zero: 0.25, ends: [0, 50] },
  sparse_sigmoid: { zero: 0.5, ends: [0, 1] },
  squareplus: { zero: 1, ends: [(-50 + Math.sqrt(2504)) / 2, (50 + Math.sqrt(2504)) / 2] },
  tanh: { zero: 0, ends: [-1, 1], tfjs: 'tanh' },
  tanh_shrink: { zero: 0, ends: [-49, 49] },
  threshold: { zero: 0, ends: [0, 50] },
};

/** Other arguments than the defaults, to be held to the same; the last is the name in TensorFlow.js, where it has these. */
const further: readonly {
  readonly word: keyof typeof activations;
  readonly given: Readonly<Record<string, unknown>>;
  readonly tfjs?: string;
}[] = [
  { word: 'relu', given: { negative_slope: 0.1, max_value: 0.6, threshold: 0.3 } },
  { word: 'relu', given: { max_value: 0.5 } },
  { word: 'gelu', given: { approximate: true }, tfjs: 'gelu_new' },
  { word: 'celu', given: { alpha: 0.3 } },
  { word: 'elu', given: { alpha: 0.3 } },
  { word: 'threshold', given: { threshold: -0.2, default_value: 3 } },
];

type Word = keyof typeof activations;

function at(word: Word, points: readonly number[], args = withDefaults(activations[word])) {
  return compute(
    (b) => {
      const x = b.batch('x', 'float', ['batch', 1]);
      const value = activations[word].forward(b, x, args);
      return { value, gradient: gradient(b, b.sum(value), [x])[0]! };
    },
    { x: exact([points.length, 1], points) },
  );
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe.each(Object.entries(facts) as [Word, Facts][])(`%s (seed ${seed})`, (word, { zero, ends, tfjs, mixes }) => {
  const kind = activations[word];
  const call = { word, arguments: withDefaults(kind) };

  test('is called what its registry entry says', () => {
    expect(kind.keyword).toBe(word);
  });

  test('has its value at 0 and far from it', () => {
    const [middle, low, high] = at(word, [0, -50, 50]).value!.data;
    expect(middle).toBeCloseTo(zero, 14);
    expect(low).toBeCloseTo(ends[0], 12);
    expect(high! / (ends[1] || 1)).toBeCloseTo(ends[1] === 0 ? 0 : 1, 12);
  });

  test('is a number everywhere, and so is its derivative', () => {
    const { value, gradient: slope } = at(word, [-1e9, -1e4, -750, -1e-30, 1e-30, 750, 1e4, 1e9]);
    expect([...value!.data].some(Number.isNaN)).toBe(false);
    expect([...slope!.data].some(Number.isNaN)).toBe(false);
    const mayOverflow = word === 'exponential';
    if (!mayOverflow) expect([...value!.data, ...slope!.data].every(Number.isFinite)).toBe(true);
  });

  test('treats units as it claims', () => {
    expect(kind.unitwise).toBe(!mixes);
    const args = { activation: call };
    expect(brokenClaims(layers.Activation, args, tryLayer(layers.Activation, args, [[2, 3]], 'training'))).toEqual([]);
    // One that claims nothing does mix.
    const claiming = { ...layers.Activation, unitwise: layers.Rescaling.unitwise! };
    const trial = tryLayer(layers.Activation, args, [[2, 3]], 'training');
    expect(brokenClaims(claiming, args, trial).length > 0).toBe(mixes === true);
  });

  test('is what TensorFlow.js has under its name there', () => {
    expect(kind.spelling.tfjs?.(call.arguments as never)).toBe(tfjs);
    if (tfjs === undefined) return;
    expectAsInTensorFlow(word, call.arguments, tfjs);
  });
});

/** Compares with the activation of this name there, which computes in float32. */
function expectAsInTensorFlow(word: Word, args: Readonly<Record<string, unknown>>, name: string): void {
  const points = [-3.25, -1, -0.3, 0, 0.4, 0.9, 2, 7.5];
  const mine = compute((b) => ({ value: activations[word].forward(b, b.batch('x', 'float', ['batch', 4]), args) }), {
    x: exact([2, 4], points),
  });
  const theirs = tf.tidy(() => {
    const layer = tf.layers.activation({ activation: name as 'relu' });
    return (layer.apply(tf.tensor2d(points, [2, 4])) as tf.Tensor).dataSync();
  });
  expect(theirs).toHaveLength(points.length);
  theirs.forEach((value, k) => {
    expect(Math.abs(value - mine.value!.data[k]!), `at ${points[k]}`).toBeLessThan(1e-5);
  });
}

describe.each(further)(`$word $given (seed ${seed})`, ({ word, given, tfjs }) => {
  const args = { activation: { word, arguments: withDefaults(activations[word], given) } };
  const trial = () => tryLayer(layers.Activation, args, [[2, 5]], 'training');

  test('treats units apart and has the gradient of central differences', () => {
    expect(brokenClaims(layers.Activation, args, trial())).toEqual([]);
    expect(gradientError(trial())).toBeLessThan(1e-6);
  });

  test('is what TensorFlow.js has under its name there, or has no name where an argument would be lost', () => {
    const { arguments: filled } = args.activation;
    expect(activations[word].spelling.tfjs?.(filled as never)).toBe(tfjs);
    if (tfjs !== undefined) expectAsInTensorFlow(word, filled, tfjs);
  });
});

test('a relu with all of its arguments is the function that Keras documents', () => {
  const args = { negative_slope: 0.1, max_value: 0.6, threshold: 0.3 };
  const points = [-1, 0.2, 0.3, 0.31, 0.5, 0.61, 4];
  const wanted = points.map((x) => (x >= 0.6 ? 0.6 : x > 0.3 ? x : 0.1 * (x - 0.3)));
  at('relu', points, args).value!.data.forEach((value, k) => {
    expect(value).toBeCloseTo(wanted[k]!, 14);
  });
});
