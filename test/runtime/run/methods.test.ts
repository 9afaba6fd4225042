import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type EngineName, engines } from '../../../src/runtime/engines/index.js';
import { startRun } from '../../../src/runtime/run/run.js';
import { readSafetensors } from '../../../src/runtime/weights/safetensors.js';
import type { methods } from '../../../src/sparsity/index.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, historyOf, options, run, trace } from '../../support/runs.js';

/**
 * Every method, with what is written of it on two layers of a small network, and in which phases it acts. What holds for all methods is tested for all: they train on
 * every engine, go on exactly after a stop, and leave an ordinary network that shrinks exactly.
 */
const cases: Readonly<Record<keyof typeof methods, readonly string[]>> = {
  dropnet: [
    '@dropnet(1, drop: 0.3, during: first)',
    '@dropnet(1, by: minimum_layer, weights: fresh, left: 0.5)',
    '@dropnet(1, by: random, weights: keep, during: first)',
  ],
  dropneuron: ['@dropneuron(0.01)', '@dropneuron(0.01, solver: gradient, during: first)'],
  dsd: ['@dsd(0.5, during: first)'],
  elastic: ['@elastic(0.001, 0.002)', '@elastic(0.01, 0.002, bias: true, solver: proximal)'],
  group_lasso: ['@group_lasso(0.01)', '@group_lasso(0.01, side: outgoing, during: first)'],
  information_bottleneck: [
    '@information_bottleneck(0.01, warm_up: 2, log_variance: -2)',
    '@information_bottleneck(0.01, warm_up: 0, during: [second, finetune])',
  ],
  l0: ['@l0(0.001)', '@l0(0.001, draws: row, during: first)', '@l0(0.001, during: [second, finetune])'],
  l0_constrained: ['@l0_constrained(3)', '@l0_constrained(50%, mode: parallel, rows: 40)'],
  l1: ['@l1(0.001)', '@l1(0.01, bias: true, solver: proximal)'],
  l2: ['@l2(0.001)'],
  layerwise_refined: ['@layerwise_refined(0.4)'],
  learn_and_drop: ['@learn_and_drop(0.1)', '@learn_and_drop(10, patience: 2, during: first)'],
  magnitude: [
    '@magnitude(0.5)',
    '@magnitude(0.6, schedule: polynomial, scope: model, begin: 1, end: 3, during: first)',
    '@magnitude(0.5, of: unit, criterion: taylor)',
    '@magnitude(0.5, of: unit, schedule: linear, criterion: vip, during: second)',
    '@magnitude(0.3, of: unit, criterion: random, scope: model, during: second)',
    '@magnitude(0.8) @dropnet(1, drop: 0.3, during: first)',
    '@magnitude(0.8) @prune_large(0.6, turn: 1, end: 2, during: first)',
  ],
  net_trim: ['@net_trim', '@net_trim(0.3, mode: parallel, rows: 50)'],
  prune_large: ['@prune_large(0.6, turn: 1, end: 2, during: first)'],
  sparse_group_lasso: ['@sparse_group_lasso(0.01)', '@sparse_group_lasso(0.01, solver: gradient, during: first)'],
  spectral_dropout: [
    '@spectral_dropout(0.1)',
    '@spectral_dropout(share: 30%, rate: 0.9, during: first)',
    '@spectral_dropout(rate: 0.8, during: [second, finetune])',
  ],
  targeted_dropout: [
    '@targeted_dropout(0.5, 0.4)',
    '@targeted_dropout(0.5, 0.4, of: unit, ramp: 2, target_ramp: 3, during: first)',
    '@targeted_dropout(0.5, 0.4, of: whole_unit, prune: 0, during: [second, finetune])',
  ],
  variational: ['@variational(0.01, warm_up: 2, log_variance: -3)', '@variational(0.01, warm_up: 0, during: second)'],
};

const spec = (annotation: string, extra = '') => `model Tiny {
  features = Input(10)
  hidden   = Dense(8, activation: relu)  ${annotation}
  more     = Dense(6, activation: tanh)  ${annotation}
  value    = Dense(1)
}
data { source: sparse_regression(features: 10, samples: 90, test: 30, seed: 3); validation: 20 }
train {
  loss: mse
  metrics: [nmse]
  batch_size: 18
  seed: 5
  phases {
    first { epochs: 3; optimizer: adam(learning_rate: 0.01)${extra} }
    second { epochs: 2; optimizer: sgd(learning_rate: 0.01, momentum: 0.9) }
  }
}
simplify {
  threshold: 0
  finetune { epochs: 1; optimizer: adam(learning_rate: 0.005) }
}
`;

const endless = Number.POSITIVE_INFINITY;

const ready = new Map<EngineName, boolean>();
for (const name of Object.keys(engines) as EngineName[]) ready.set(name, (await engines[name].probe()).ready);

describe.each(Object.entries(cases).flatMap(([word, own]) => own.map((annotation) => ({ word, annotation }))))(
  '$annotation',
  ({ annotation }) => {
    test('goes on exactly after every stop', async () => {
      const folder = temporaryFolder();
      const text = spec(annotation, '; ema_momentum: 0.8');
      const whole = await run(folder, 'whole', text, endless);
      const expected = trace(whole.out);
      const stopped = await run(folder, 'stopped', text, 2);
      expect(stopped.stops).toBeGreaterThan(8);
      expect(trace(stopped.out)).toEqual(expected);
    });

    test.each([...ready].map(([name, is]) => ({ name, is })))('trains on $name', async ({ name, is }) => {
      if (!is) return;
      const folder = temporaryFolder();
      const out = path.join(folder, 'runs', name);
      const { result } = await startRun({ ...options(endless), engine: name, ...begin(folder, spec(annotation), out) });
      for (const row of historyOf(out)) {
        expect(Number.isFinite(row.objective)).toBe(true);
        expect(Object.values(row.penalties).every((term) => Number.isFinite(term) && term >= 0)).toBe(true);
      }
      // What is left is an ordinary network: nothing of the method is in its weights.
      const { tensors } = readSafetensors(readFileSync(path.join(out, 'trained.safetensors')), 'trained');
      expect(Object.keys(tensors).filter((tensor) => /\.[a-z_]+:/.test(tensor))).toEqual([]);
      expect(result!.simplified.difference.float64).toBeLessThanOrEqual(1e-12);
      expect(result!.simplified.difference.float32).toBeLessThanOrEqual(1e-5);
    });
  },
);
