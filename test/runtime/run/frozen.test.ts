import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startRun } from '../../../src/runtime/run/run.js';
import { readSafetensors } from '../../../src/runtime/weights/safetensors.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, options, run, trace } from '../../support/runs.js';

interface Extras {
  readonly epochs?: number;
  readonly second?: number;
  readonly phase?: string;
  readonly simplify?: string;
}

const spec = (annotation: string, { epochs = 3, second = 1, phase = '', simplify = '' }: Extras = {}) => `model Tiny {
  features = Input(10)
  hidden   = Dense(8, activation: relu)  ${annotation}
  norm     = BatchNormalization
  more     = Dense(6, activation: tanh)  ${annotation}
  value    = Dense(1)
}
data { source: sparse_regression(features: 10, samples: 90, test: 30, seed: 3); validation: 20 }
train {
  loss: mse
  batch_size: 18
  seed: 5
  phases {
    first { epochs: ${epochs}; optimizer: adam(learning_rate: 0.01)${phase} }
    ${second > 0 ? `second { epochs: ${second}; optimizer: sgd(learning_rate: 0.01) }` : ''}
  }
}
simplify { threshold: 0${simplify} }
`;

/** What a whole run was trained to, and what it told. */
async function trained(text: string) {
  const folder = temporaryFolder();
  const out = path.join(folder, 'runs', 'run');
  const notes: string[] = [];
  await startRun({ ...options(Number.POSITIVE_INFINITY, notes), ...begin(folder, text, out) });
  const { tensors } = readSafetensors(readFileSync(path.join(out, 'trained.safetensors')), 'trained');
  return { data: (name: string) => [...(tensors[name]!.data as Float32Array)], notes };
}

/** Every layer stands still by this threshold, at the end of the first epoch. */
const AT_ONCE = '@learn_and_drop(1000)';
const frozen = ['hidden.kernel', 'hidden.bias', 'norm.gamma', 'norm.beta', 'more.kernel', 'more.bias'];

describe.each([
  ['by themselves', AT_ONCE, ''],
  ['with gates, whose kernels they keep as inference has them', `${AT_ONCE} @l0(0.01)`, ''],
  ['with a moving average, which they keep', AT_ONCE, '; ema_momentum: 0.9'],
  ['with both', `${AT_ONCE} @l0(0.01)`, '; ema_momentum: 0.9'],
  ['and the best weights restored', AT_ONCE, '; early_stopping: { patience: 5, restore_best_weights: true }'],
])('frozen layers, %s', (_, annotation, phase) => {
  test('stay as they are at the end of their epoch, to the end of training', async () => {
    const longer = await trained(spec(annotation, { epochs: 4, phase }));
    expect(longer.notes).toContain('frozen: hidden, more\n');
    if (!phase.includes('best')) {
      const short = await trained(spec(annotation, { epochs: 1, second: 0, phase }));
      expect(short.notes.filter((note) => note.startsWith('frozen'))).toEqual([]);
      for (const name of frozen) expect(longer.data(name)).toEqual(short.data(name));
      expect(longer.data('value.kernel')).not.toEqual(short.data('value.kernel'));
    }
    expect(longer.data('norm.moving_mean').every(Number.isFinite)).toBe(true);
  });

  test('go on exactly after every stop', async () => {
    const folder = temporaryFolder();
    const text = spec(annotation, { phase });
    const whole = await run(folder, 'whole', text, Number.POSITIVE_INFINITY);
    const expected = trace(whole.out);
    const stopped = await run(folder, 'stopped', text, 2);
    expect(stopped.stops).toBeGreaterThan(4);
    expect(trace(stopped.out)).toEqual(expected);
  });
});

test('layers freeze one after the other where units went, and units go where layers are frozen', async () => {
  const folder = temporaryFolder();
  const text = `model Tiny {
  features = Input(10)
  hidden   = Dense(8, activation: relu)  @learn_and_drop(1000, patience: 40) @dropneuron(0.08)
  more     = Dense(8, activation: relu)  @learn_and_drop(1000, patience: 45) @dropneuron(0.08)
  late     = Dense(6, activation: relu)  @dropneuron(0.06) @l0(0.001)
  value    = Dense(1)
}
data { source: sparse_regression(features: 10, samples: 90, test: 30, seed: 3) }
train { loss: mse; batch_size: 18; seed: 5; epochs: 100; optimizer: adam(learning_rate: 0.01) }
simplify { threshold: 0; every: 1; after: 1; patience: 1 }
`;
  const { notes } = await trained(text);
  const told = notes.flatMap((note) => /^(frozen: .*|live shrinking)/.exec(note)?.[0] ?? []);
  expect(told.filter((note) => note.startsWith('frozen'))).toEqual(['frozen: hidden', 'frozen: more']);
  expect(told[0]).toBe('live shrinking');
  const whole = await run(folder, 'whole', text, Number.POSITIVE_INFINITY);
  const stopped = await run(folder, 'stopped', text, 41);
  expect(trace(stopped.out)).toEqual(trace(whole.out));
});
