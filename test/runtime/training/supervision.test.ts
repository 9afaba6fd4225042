import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EarlyStopping, PhaseSpec } from '../../../src/compiler/spec.js';
import { plateauOf } from '../../../src/runtime/training/learning-rate.js';
import type { HistoryRow } from '../../../src/runtime/training/progress.js';
import { supervise, type Supervision, unsupervised } from '../../../src/runtime/training/supervision.js';
import { temporaryFolder } from '../../support/folders.js';
import { historyOf, run, trace } from '../../support/runs.js';
import { tinySpec } from '../../support/specs.js';

function phaseOf(given: { readonly stopping?: Partial<EarlyStopping>; readonly plateau?: object }): PhaseSpec {
  return {
    name: 'train',
    length: { amount: 1, unit: 'epochs' },
    loss: { word: 'mean_squared_error', arguments: {} },
    metrics: [],
    optimizer: {
      word: 'sgd',
      arguments: {
        learning_rate: given.plateau
          ? {
              word: 'reduce_on_plateau',
              arguments: { initial_learning_rate: 1, monitor: 'loss', cooldown: 0, min_delta: 0, ...given.plateau },
            }
          : 1,
      },
    },
    batch_size: 1,
    ...(given.stopping && {
      early_stopping: {
        monitor: 'loss',
        patience: 0,
        min_delta: 0,
        restore_best_weights: true,
        start_from_epoch: 0,
        ...given.stopping,
      },
    }),
  };
}

/** What is known after every epoch whose loss (or accuracy) is given. The state goes through JSON, as in a checkpoint. */
function watch(phase: PhaseSpec, values: readonly number[]) {
  let known: Supervision = unsupervised;
  return values.map((value, epoch) => {
    const row = { loss: value, objective: 2 * value, metrics: { accuracy: value } } as unknown as HistoryRow;
    const { after, isBest } = supervise(phase, known, row, epoch);
    known = JSON.parse(JSON.stringify(after)) as Supervision;
    return { isBest, ended: known.ended, standstills: known.plateau?.standstills ?? 0 };
  });
}

describe('early stopping', () => {
  const ends = (stopping: Partial<EarlyStopping>, values: readonly number[]) =>
    watch(phaseOf({ stopping }), values).map(({ ended }) => Number(ended));
  const bests = (stopping: Partial<EarlyStopping>, values: readonly number[]) =>
    watch(phaseOf({ stopping }), values).map(({ isBest }) => Number(isBest));

  test('ends after as many epochs without a better one as its patience', () => {
    expect(ends({ patience: 2 }, [5, 4, 4.5, 4.2])).toEqual([0, 0, 0, 1]);
    expect(ends({ patience: 2 }, [5, 4, 4.5, 3, 3.5, 3.1])).toEqual([0, 0, 0, 0, 0, 1]);
    expect(bests({ patience: 2 }, [5, 4, 4.5, 3, 3.5, 3.1])).toEqual([1, 1, 0, 1, 0, 0]);
    expect(ends({ patience: 0 }, [5, 4, 4.5])).toEqual([0, 0, 1]);
  });

  test('counts as better what is better by more than min_delta', () => {
    expect(ends({ patience: 1, min_delta: 0.5 }, [5, 4.5])).toEqual([0, 1]);
    expect(ends({ patience: 1, min_delta: 0.5 }, [5, 4.4, 3.8])).toEqual([0, 0, 0]);
  });

  test('knows which metrics are better when they are higher', () => {
    expect(ends({ patience: 1, monitor: 'accuracy' }, [0.5, 0.6, 0.6])).toEqual([0, 0, 1]);
    expect(ends({ patience: 1, monitor: 'objective' }, [0.5, 0.6])).toEqual([0, 1]);
  });

  test('looks away from the epochs at the beginning, and never ends in the first', () => {
    expect(ends({ patience: 1, start_from_epoch: 2 }, [1, 2, 3, 4])).toEqual([0, 0, 0, 1]);
    expect(bests({ patience: 1, start_from_epoch: 2 }, [1, 2, 3, 4])).toEqual([0, 0, 1, 0]);
    expect(ends({ patience: 0 }, [Number.NaN, Number.NaN])).toEqual([0, 1]);
    expect(bests({ patience: 5 }, [Number.NaN, 3, Number.NaN])).toEqual([1, 1, 0]);
  });
});

describe('reduce_on_plateau', () => {
  const falls = (plateau: object, values: readonly number[]) =>
    watch(phaseOf({ plateau }), values).map(({ standstills }) => standstills);

  test('falls after as many epochs without a better one as its patience, and again', () => {
    expect(falls({ patience: 2 }, [5, 5, 5, 5, 5, 4, 5, 5])).toEqual([0, 0, 1, 1, 2, 2, 2, 3]);
    expect(falls({ patience: 1, min_delta: 1 }, [5, 4.5, 4.5, 3])).toEqual([0, 1, 2, 2]);
  });

  test('waits through its cooldown before it counts again', () => {
    // Keras: the epoch in which the cooldown runs out counts already.
    expect(falls({ patience: 2, cooldown: 3 }, [5, 5, 5, 5, 5, 5, 5, 5])).toEqual([0, 0, 1, 1, 1, 1, 2, 2]);
  });

  test('is found inside of a warmup', () => {
    const { optimizer, ...phase } = phaseOf({ plateau: { patience: 3 } });
    const inner = optimizer.arguments.learning_rate;
    const rate = {
      word: 'warmup',
      arguments: { warmup_steps: { amount: 5, unit: 'steps' }, schedule: inner, from: 0 },
    };
    expect(plateauOf({ ...phase, optimizer: { ...optimizer, arguments: { learning_rate: rate } } })!.patience).toBe(3);
    expect(plateauOf(phaseOf({}))).toBeUndefined();
  });
});

describe('a run', () => {
  const supervised = (keys: string, rate = '0.01') =>
    tinySpec({ first: 5, second: 2 }).replace(/warm .*/, `warm { epochs: 5; optimizer: adam(${rate}); ${keys} }`);
  test.each([
    [
      'early stopping',
      'early_stopping { monitor: val_loss; patience: 1; min_delta: 0.5; restore_best_weights: true }',
      '0.01',
    ],
    ['a plateau', '', 'warmup(3, reduce_on_plateau(0.01, patience: 1, min_delta: 10, factor: 0.5))'],
    ['averages', 'ema_momentum: 0.9; clip_norm: 1', '0.01'],
    [
      'averages and the best of them',
      'ema_momentum: 0.9; early_stopping { patience: 5; restore_best_weights: true }',
      '0.01',
    ],
  ])(
    'with %s that is stopped after every few steps ends in the same bytes',
    { timeout: 120_000 },
    async (_, keys, rate) => {
      const folder = temporaryFolder();
      const text = supervised(keys, rate);
      const whole = await run(folder, 'whole', text, Number.POSITIVE_INFINITY);
      const stopped = await run(folder, 'stopped', text, 4);
      expect(stopped.stops).toBeGreaterThan(2);
      expect(trace(stopped.out)).toEqual(trace(whole.out));
      const plain = await run(folder, 'plain', supervised(''), Number.POSITIVE_INFINITY);
      expect(trace(plain.out)).not.toEqual(trace(whole.out));
    },
  );

  test('with metrics of classes and weighted classes resumes exactly, and counts rows by class', {
    timeout: 120_000,
  }, async () => {
    const folder = temporaryFolder();
    const text = `model Net {
  image = Input(28, 28)
  Flatten
  digit = Dense(10)
}
data { source: drawn_digits(train: 200, test: 60, seed: 2); validation: 40 }
train {
  loss: sparse_categorical_crossentropy(from_logits: true); class_weight: balanced
  metrics: [accuracy, f1, auc, top_k(3), recall(class_id: 1), recall(class_id: 2)]
  batch_size: 32; epochs: 2
}
`;
    const whole = await run(folder, 'whole', text, Number.POSITIVE_INFINITY);
    const stopped = await run(folder, 'stopped', text, 3);
    expect(stopped.stops).toBeGreaterThan(1);
    expect(trace(stopped.out)).toEqual(trace(whole.out));
    const names = ['accuracy', 'f1', 'auc', 'top_k', 'recall', 'recall(class_id: 2)'];
    for (const row of historyOf(whole.out)) {
      expect(Object.keys(row.metrics)).toEqual(names);
      for (const value of Object.values(row.metrics)) expect(value).toBeGreaterThanOrEqual(0);
    }
    const { scores } = JSON.parse(readFileSync(path.join(whole.out, 'result.json'), 'utf8'));
    const { confusions, metrics, rows } = scores.test.trained;
    const [confusion] = Object.values(confusions) as [number[][]];
    expect(confusion!.map((row) => row.length)).toEqual(Array(10).fill(10));
    const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
    expect(sum(confusion!.flat())).toBe(rows);
    expect(sum(confusion!.map((row, k) => row[k]!)) / rows).toBeCloseTo(metrics.accuracy, 12);
  });

  test('ends a stretch early and goes on with the next', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const keys = 'early_stopping { monitor: loss; patience: 1; min_delta: 100 }';
    const { out } = await run(folder, 'early', supervised(keys), Number.POSITIVE_INFINITY);
    expect(
      historyOf(out)
        .map(({ phase }) => phase)
        .filter((phase) => phase === 'warm'),
    ).toHaveLength(2);
    expect(historyOf(out).length).toBeGreaterThan(2);
  });
});
