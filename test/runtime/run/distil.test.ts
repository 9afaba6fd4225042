import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type EngineName, engines } from '../../../src/runtime/engines/index.js';
import { resumeRun, startRun } from '../../../src/runtime/run/run.js';
import { readSafetensors } from '../../../src/runtime/weights/safetensors.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, historyOf, options, run, trace } from '../../support/runs.js';

const endless = Number.POSITIVE_INFINITY;

/** The student keeps fewer of the pixels than its teacher reads. */
const spec = (more: { augment?: string; distil?: string; ending?: string; loss?: string } = {}) => `model Tiny {
  image  = Input(784)
  hidden = Dense(12, activation: relu)  @dropneuron(0.0005)
  digit  = Dense(10${more.ending ?? ''})
}
data { source: drawn_digits(train: 60, test: 20); validation: 12${more.augment ? `; augment: ${more.augment}` : ''} }
train {
  loss: ${more.loss ?? 'sparse_categorical_crossentropy(from_logits: true)'}
  metrics: [accuracy]
  batch_size: 16
  seed: 5
  epochs: 2
  optimizer: adam(learning_rate: 0.01)
}
simplify {
  target { parameters: 40% }
  finetune { epochs: 2; optimizer: adam(learning_rate: 0.005); ema_momentum: 0.5 }
  ${more.distil ?? 'distil { weight: 0.7; temperature: 3 }'}
}
`;

describe.each([
  { rows: 'rows as they are', augment: '' },
  { rows: 'augmented rows', augment: '[shift(2)]' },
])('a student of $rows', ({ augment }) => {
  test('goes on exactly after every stop, that of the teacher included, and no checkpoint holds the teacher', async () => {
    const folder = temporaryFolder();
    const whole = await run(folder, 'whole', spec({ augment }), endless);
    const stopped = await run(folder, 'stopped', spec({ augment }), 4);
    expect(stopped.stops).toBeGreaterThan(2);
    expect(trace(stopped.out)).toEqual(trace(whole.out));
    expect(readFileSync(path.join(whole.out, 'net.min.dn'), 'utf8')).toMatch(/Input\(784, keep: /);
    const checkpoints = path.join(whole.out, 'checkpoints');
    const states = readdirSync(checkpoints).map((name) => path.join(checkpoints, name, 'state.safetensors'));
    expect(states.length).toBeGreaterThan(0);
    for (const file of states)
      expect(
        Object.keys(readSafetensors(readFileSync(file), file).tensors).filter((name) => name.includes('teacher')),
      ).toEqual([]);
  });

  test('is another than one that learns from the targets alone, up to the cut the same', async () => {
    const folder = temporaryFolder();
    const taught = historyOf((await run(folder, 'taught', spec({ augment }), endless)).out);
    const alone = historyOf((await run(folder, 'alone', spec({ augment, distil: '' }), endless)).out);
    expect(taught.map(({ phase }) => phase)).toEqual(['train', 'train', 'finetune', 'finetune']);
    expect(taught.slice(0, 2)).toEqual(alone.slice(0, 2));
    expect(taught[2]!.loss).not.toBe(alone[2]!.loss);
    expect(taught[3]!.validation!.loss).not.toBe(alone[3]!.validation!.loss);
    expect(taught.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });
});

test('a run that is stopped while its teacher is asked goes on from there', async () => {
  const folder = temporaryFolder();
  const text = spec().replace('target { parameters: 40% }', 'threshold: 0');
  const whole = await run(folder, 'whole', text, endless);
  const out = path.join(folder, 'runs', 'stopped');
  const notes: string[] = [];
  const end = await startRun({ ...options(endless, notes, 1), ...begin(folder, text, out) });
  expect(end.stopped).toBe('SIGTERM');
  expect(notes.at(-1)).toBe('teacher: the network before the cut, on 48 training rows\n');
  await resumeRun(out, options(endless));
  expect(trace(out)).toEqual(trace(whole.out));
});

const ready = new Map<EngineName, boolean>();
for (const name of Object.keys(engines) as EngineName[]) ready.set(name, (await engines[name].probe()).ready);

test.each(
  [...ready].flatMap(([name, is]) =>
    (
      [
        ['', 'distil { }'],
        ['', 'distil { weight: 1 }'],
        ['[shift(2)]', 'distil { weight: 1; temperature: 0.5 }'],
      ] as const
    ).map(([augment, distil]) => ({ name, is, augment, distil })),
  ),
)('$name: $distil $augment', async ({ name, is, augment, distil }) => {
  if (!is) return;
  const folder = temporaryFolder();
  const out = path.join(folder, 'runs', name);
  // Without a metric nothing but the teacher is read where the loss counts nothing.
  const text = spec({
    augment,
    distil,
    ending: ', activation: softmax',
    loss: 'sparse_categorical_crossentropy',
  }).replace('metrics: [accuracy]', 'metrics: []');
  const { result } = await startRun({ ...options(endless), engine: name, ...begin(folder, text, out) });
  expect(result!.finetuned).toBe(true);
  expect(historyOf(out).every(({ loss }) => Number.isFinite(loss))).toBe(true);
});
