import { expect, test } from 'vitest';
import { engines } from '../../../src/runtime/engines/index.js';
import { simplify } from '../../../src/runtime/simplify/simplify.js';
import { Stopped } from '../../../src/runtime/simplify/stopped.js';
import { initialValues } from '../../../src/runtime/weights/initial-values.js';
import { lower } from '../../parity/support.js';

test('simplifying that is stopped says which method was under way, and nothing of a run: it may belong to none', async () => {
  const { spec, network } = lower(`model Net {
  x = Input(3)
  a = Dense(4, activation: relu) @net_trim(0.1)
  y = Dense(1)
}
data { source: sparse_regression }
train { loss: mse; epochs: 1 }
`);
  const values = initialValues(network, 3);
  const notes: string[] = [];
  const data = Float32Array.from({ length: 60 }, (_, k) => Math.sin(k));
  const stopped = simplify({
    spec,
    network,
    values,
    phase: spec.train.phases[0]!,
    validation: undefined,
    train: { rows: 20, tensors: [{ name: 'x', extents: [3], width: 3, data, rows: undefined }] },
    initial: () => values,
    features: {},
    engine: engines['tfjs-cpu'],
    engineOptions: { threads: 1 },
    watcher: { note: (text) => notes.push(text) },
    stopping: { signal: 'SIGINT' },
  });
  await expect(stopped).rejects.toSatisfy((error) => error instanceof Stopped && error.unfinished === '@net_trim');
  expect(notes).toEqual(['@net_trim: computes anew what stayed\n']);
});
