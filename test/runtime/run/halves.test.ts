import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { probeLibrary } from '../../../src/runtime/engines/onnxruntime/library.js';
import { resumeRun, startRun } from '../../../src/runtime/run/run.js';
import { readSafetensors } from '../../../src/runtime/weights/safetensors.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, options, trace } from '../../support/runs.js';

/** What a spec consists of here; 65 rows are trained on, of which the last batch of 16 has one. */
interface Parts {
  readonly model?: string;
  readonly layers?: string;
  readonly head?: string;
  readonly train?: string;
  readonly batch?: number;
  readonly optimizer?: string;
  readonly loss?: string;
}

function spec({ model = '', layers = '', head = 'digit = Dense(10)', train = '', batch = 16, ...of }: Parts): string {
  const {
    optimizer = 'sgd(learning_rate: 0.005, momentum: 0.9)',
    loss = 'sparse_categorical_crossentropy(from_logits: true)',
  } = of;
  return `model Net ${model} {
  image  = Input(28, 28, 1)
  pixels = Flatten
  hidden = Dense(40, activation: tanh)
  ${layers}
  ${head}
}
data { source: drawn_digits(train: 75, test: 10, seed: 3); validation: 10 }
train {
  loss: ${loss}
  batch_size: ${batch}
  seed: 5
  epochs: 2
  optimizer: ${optimizer}
  ${train}
}
simplify { threshold: 0 }
`;
}

/** What each of them puts into a step, and whether such a step is a sum over rows. */
const cases: readonly (Parts & { readonly name: string; readonly halves: boolean })[] = [
  { name: 'a short last batch of one row', halves: true },
  { name: 'batches of two rows, and one', batch: 2, halves: true },
  { name: 'batches of one row', batch: 1, halves: true },
  { name: 'one batch of all rows', batch: 65, halves: true },
  { name: 'dropout: each row has its own numbers', layers: 'Dropout(0.4)', halves: true },
  { name: 'weights of classes', train: 'class_weight: { "3": 4, "5": 0.5 }', halves: true },
  { name: 'a moving average of the weights', train: 'ema_momentum: 0.7', halves: true },
  {
    name: 'the norm of all gradients, whose rows are in both halves',
    train: 'global_clip_norm: 0.05',
    halves: true,
  },
  { name: 'the norm of each gradient', train: 'clip_norm: 0.02', halves: true },
  { name: 'a penalty', model: '@dropneuron(0.002)', halves: true },
  { name: 'gates drawn for all rows at once, whose gradients are chosen among', model: '@l0(0.001)', halves: false },
  { name: 'a mask that the weights decide', model: '@magnitude(0.5)', halves: true },
  { name: 'convolutions', layers: 'Reshape(8, 5, 1)\n  Conv2D(6, 3, activation: tanh)\n  Flatten', halves: true },
  { name: 'normalization of each row', layers: 'LayerNormalization', halves: true },
  { name: 'normalization by the batch, which mixes rows', layers: 'BatchNormalization', halves: false },
];

const endless = Number.POSITIVE_INFINITY;
let runs = 0;

async function train(text: string, threads: number, steps = endless, folder = temporaryFolder()) {
  const out = path.join(folder, 'runs', String(runs++));
  const notes: string[] = [];
  const given = () => ({ ...options(steps, notes), engine: 'onnxruntime' as const, engineOptions: { threads } });
  let end = await startRun({ ...given(), ...begin(folder, text, out) });
  while (!end.result) end = await resumeRun(out, given());
  const { tensors } = readSafetensors(readFileSync(path.join(out, 'trained.safetensors')), 'trained');
  return { out, tensors, describe: notes.join(' ') };
}

describe.skipIf(!probeLibrary().ready)('training in halves', () => {
  /** The same weights but for rounding on one thread and on two. */
  async function compare(text: string, halves: boolean) {
    const one = await train(text, 1);
    expect(one.describe).not.toContain('halves');
    const two = await train(text, 2);
    expect(two.describe.includes('rows in halves')).toBe(halves);
    for (const [name, tensor] of Object.entries(one.tensors)) {
      const wanted = Array.from(tensor.data, Number);
      const found = Array.from(two.tensors[name]!.data, Number);
      const size = Math.max(1e-30, ...wanted.map(Math.abs));
      const difference = Math.max(...wanted.map((value, at) => Math.abs(value - found[at]!)));
      expect(difference / size, name).toBeLessThan(1e-5);
    }
  }

  test.each(cases)('$name', async ({ name: _, halves, ...parts }) => compare(spec(parts), halves));

  test('several inputs and outputs, each with its loss', async () => {
    const text = `model Two -> same, value {
  left  = Input(28, 28, 1)
  right = Input(28, 28, 1)
  facts = Input(4)
  a     = Flatten <- left
  seen  = Dense(20, activation: tanh)
  b     = Flatten <- right
  other = Shared(seen) <- b
  both  = Concatenate <- seen, other, facts
  trunk = Dense(16, activation: tanh)
  same  = Dense(1) <- trunk
  value = Dense(1) <- trunk
}
data { source: two_views(train: 75, test: 10); validation: 10 }
train {
  losses { same: binary_crossentropy(from_logits: true); value: huber }
  loss_weights { value: 0.3 }
  batch_size: 16
  seed: 5
  epochs: 2
  optimizer: sgd(learning_rate: 0.005, momentum: 0.9)
}
simplify { threshold: 0 }
`;
    await compare(text, true);
  });

  test('the same bits every time, and after every stop', async () => {
    const text = spec({
      model: '@dropneuron(0.002)',
      layers: 'Dropout(0.4)',
      train: 'global_clip_norm: 0.5\n  ema_momentum: 0.7',
      optimizer: 'adam(learning_rate: 0.003)',
    });
    const folder = temporaryFolder();
    const whole = trace((await train(text, 2, endless, folder)).out);
    for (const steps of [endless, endless, 3]) {
      const again = trace((await train(text, 2, steps, folder)).out);
      expect(Object.keys(again)).toEqual(Object.keys(whole));
      expect(Object.keys(whole).filter((file) => again[file] !== whole[file])).toEqual([]);
    }
  });
});
