import path from 'node:path';
import { expect, test } from 'vitest';
import { Checkpoints } from '../../../src/runtime/training/checkpoint.js';
import { resumeRun, startRun } from '../../../src/runtime/run/run.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, options, run, trace } from '../../support/runs.js';
import { liveSpec, tinySpec } from '../../support/specs.js';

test.each([
  ['in phases, at the end of one', tinySpec({ first: 2, second: 2, finetune: 1 }), [1, 2, 3, 4]],
  [
    'with early stopping',
    tinySpec().replace(
      'seed: 5',
      'seed: 5; early_stopping { monitor: loss; patience: 0; min_delta: 10; restore_best_weights: true }',
    ),
    [1, 2],
  ],
  ['where units go on the way', liveSpec(), [2, 3, 4, 5, 10, 12]],
])('a run that stops after epochs, and goes on, ends in the same bytes: %s', async (_, text, epochs) => {
  const folder = temporaryFolder();
  const whole = await run(folder, 'whole', text, Number.POSITIVE_INFINITY);
  const out = path.join(folder, 'runs', 'stopped');
  const until = (afterEpochs?: number) => ({
    ...options(Number.POSITIVE_INFINITY),
    stopping: { signal: undefined, afterEpochs },
  });
  let end = await startRun({ ...until(epochs[0]), ...begin(folder, text, out) });
  for (const [k, epoch] of epochs.entries()) {
    expect(end.stopped, `epoch ${epoch}`).toBe('epochs');
    const { position } = new Checkpoints(path.join(out, 'checkpoints')).newest(() => {})!;
    expect([position.totalEpochs, position.step]).toEqual([epoch, 0]);
    end = await resumeRun(out, until(epochs[k + 1]));
  }
  expect(end.result).toBeDefined();
  expect(trace(out)).toEqual(trace(whole.out));
});
