import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';
import { startRun } from '../../../src/runtime/run/run.js';
import { unitsOf } from '../../../src/runtime/training/alive.js';
import { initialValues } from '../../../src/runtime/weights/initial-values.js';
import { readSafetensors } from '../../../src/runtime/weights/safetensors.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, historyOf, options } from '../../support/runs.js';

interface Extras {
  readonly first?: string;
  readonly second?: string;
  readonly simplify?: string;
  readonly batch?: number;
}

const spec = (
  annotation: string,
  { first = 'epochs: 3', second = 'epochs: 2', simplify = '', batch = 18 }: Extras = {},
) => `model Tiny {
  features = Input(10)
  hidden   = Dense(8, activation: relu, bias_initializer: constant(0.1))  ${annotation}
  more     = Dense(6, activation: tanh)  ${annotation}
  value    = Dense(1)
}
data { source: sparse_regression(features: 10, samples: 90, test: 30, seed: 3); validation: 20 }
train {
  loss: mse
  metrics: [nmse]
  batch_size: ${batch}
  seed: 5
  phases {
    first { ${first}; optimizer: adam(learning_rate: 0.01) }
    second { ${second}; optimizer: sgd(learning_rate: 0.01, momentum: 0.9) }
  }
}
simplify { threshold: 0${simplify} }
`;

/** A whole run: what it left, what it was trained to, and its epochs. */
async function ran(text: string) {
  const folder = temporaryFolder();
  const out = path.join(folder, 'runs', 'run');
  const { result } = await startRun({ ...options(Number.POSITIVE_INFINITY), ...begin(folder, text, out) });
  const { tensors } = readSafetensors(readFileSync(path.join(out, 'trained.safetensors')), 'trained');
  const data = (name: string) => [...(tensors[name]!.data as Float32Array)];
  return { result: result!, data, history: historyOf(out), left: unitsOf(result!.network.after) };
}

const zeros = (numbers: readonly number[]) => numbers.filter((value) => value === 0).length;

describe('whole units leave the network', () => {
  test.each([
    ['@magnitude(0.5, of: unit)', { hidden: 4, more: 3 }],
    ['@magnitude(0.5, of: unit, criterion: vip)', { hidden: 4, more: 3 }],
    ['@magnitude(0.4, of: unit, schedule: polynomial, during: first)', { hidden: 5, more: 4 }],
    ['@targeted_dropout(0.5, 0.5, of: unit)', { hidden: 4, more: 3 }],
    ['@targeted_dropout(0.5, 0.2, of: whole_unit, prune: 0.75, during: first)', { hidden: 2, more: 2 }],
    ['@dropnet(1, drop: 0.25, by: minimum_layer, during: first)', { hidden: 5, more: 4 }],
  ])('%s', async (annotation, expected) => {
    const { left, result } = await ran(spec(annotation));
    expect(left).toMatchObject(expected);
    expect(result.simplified.difference.float64).toBeLessThanOrEqual(1e-12);
  });
});

test('a unit that went stays away with its bias while training goes on', async () => {
  const { data } = await ran(spec('@magnitude(0.5, of: unit, during: first)'));
  const kernel = data('hidden.kernel');
  const dead = Array.from({ length: 8 }, (_, unit) => unit).filter((unit) =>
    kernel.every((weight, k) => k % 8 !== unit || weight === 0),
  );
  expect(dead).toHaveLength(4);
  const bias = data('hidden.bias');
  expect(zeros(bias)).toBe(4);
  expect(dead.map((unit) => bias[unit])).toEqual([0, 0, 0, 0]);
});

test('the units of each epoch are those of the schedule', async () => {
  const { history } = await ran(
    spec('@magnitude(0.75, of: unit, schedule: linear, end: 3, during: first)', { first: 'epochs: 5' }),
  );
  // What an epoch was trained with: 8 − ⌊8 · 0.75 · t⌋ and 6 − ⌊6 · 0.75 · t⌋.
  expect(history.slice(0, 5).map(({ alive }) => [alive.hidden, alive.more])).toEqual([
    [8, 6],
    [6, 5],
    [4, 3],
    [2, 2],
    [2, 2],
  ]);
});

test('weights that a schedule prunes are 0 in what is trained, averages included, and stay so in the fine-tuning', async () => {
  const annotation = '@magnitude(0.5, schedule: linear, end: 3, during: first)';
  const { data, result } = await ran(
    spec(annotation, {
      first: 'epochs: 3; ema_momentum: 0.9',
      second: 'epochs: 1',
      simplify: '; finetune { epochs: 1; optimizer: adam(learning_rate: 0.01) }',
    }),
  );
  expect(zeros(data('hidden.kernel'))).toBe(40);
  expect(zeros(data('more.kernel'))).toBe(24);
  expect(result.finetuned).toBe(true);
});

test('after a cycle the whole network begins again, without the units that went', async () => {
  // The second epoch's steps move nothing.
  const rate = 'piecewise(boundaries: [3 steps], values: [0.05, 0])';
  for (const weights of ['rewind', 'fresh', 'keep']) {
    const annotation = `@dropnet(1, drop: 0.5, weights: ${weights}, during: first)`;
    const text = spec(annotation, { first: 'epochs: 2', second: 'epochs: 1' })
      .replace('adam(learning_rate: 0.01)', `adam(learning_rate: ${rate})`)
      .replace('sgd(learning_rate: 0.01, momentum: 0.9)', 'sgd(learning_rate: 0)');
    const { network } = compile(new Source('net.dn', text));
    const initial = initialValues(network, 5);
    const { data } = await ran(text);
    for (const name of ['hidden.kernel', 'hidden.bias', 'more.kernel', 'more.bias', 'value.kernel', 'value.bias']) {
      const now = data(name);
      const same = now.every((value, k) => value === initial.get(name)![k] || value === 0);
      // Biases are not drawn.
      expect(same, `${weights}: ${name}`).toBe(weights === 'rewind' || (weights === 'fresh' && name.endsWith('bias')));
    }
    expect(zeros([...data('hidden.kernel'), ...data('more.kernel')]) % 2).toBe(0);
    expect(zeros(data('value.kernel'))).toBe(0);
  }
});

test('a schedule prunes the same share where dead units are removed on the way', async () => {
  const annotation = '@magnitude(0.5, of: unit, schedule: linear, end: 6, during: first)';
  const long = { first: 'epochs: 12', second: 'epochs: 1', batch: 1 };
  const { left, history } = await ran(spec(annotation, { ...long, simplify: '; every: 1; after: 1; patience: 1' }));
  expect(left).toMatchObject({ hidden: 4, more: 3 });
  // Some were gone before the last ones were chosen.
  const units = history.map((row) => row.units!.hidden!);
  expect(units[5]).toBeLessThan(8);
});

test('units of every kind of layer: filters, channels, cells and heads', async () => {
  const images = (annotation: string) => `model Many ${annotation} {
  image = Input(28, 28, 1)
  small = MaxPooling2D(7)
  conv  = Conv2D(4, 3, activation: relu)
  group = Conv2D(4, 3, groups: 2, padding: same)
  norm  = BatchNormalization()
  deep  = DepthwiseConv2D(1, depth_multiplier: 1)
  apart = SeparableConv2D(6, 1, activation: relu)
  up    = Conv2DTranspose(4, 1)
  rows  = Reshape(4, 4)
  cells = LSTM(6, return_sequences: true)
  heads = MultiHeadAttention(num_heads: 2, key_dim: 3) <- cells, cells
  sum   = Add <- cells, heads
  last  = GRU(4) <- sum
  digit = Dense(10)
}
data { source: drawn_digits(train: 25, test: 10); validation: 5 }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 2; batch_size: 10; optimizer: adam(learning_rate: 0.01) }
simplify { threshold: 0 }
`;
  for (const annotation of [
    '@targeted_dropout(0.5, 0.5, of: whole_unit, during: train)',
    '@magnitude(0.5, of: unit, criterion: taylor, scope: model)',
    '@dropnet(1, by: minimum_layer, weights: fresh)',
  ]) {
    const { result } = await ran(images(annotation));
    expect(result.simplified.difference.float64, annotation).toBeLessThanOrEqual(1e-9);
    expect(unitsOf(result.network.after).apart!, annotation).toBeLessThan(6);
  }
});
