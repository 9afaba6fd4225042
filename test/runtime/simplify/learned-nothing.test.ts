import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';
import { learnedNothingWarnings } from '../../../src/runtime/simplify/learned-nothing.js';
import type { Score } from '../../../src/runtime/training/evaluate-rows.js';

const score = (rows: number, rest: Partial<Score> = {}): Score => ({
  rows,
  loss: 1,
  metrics: {},
  standardErrors: {},
  score: 0,
  ...rest,
});

function warned(units: number, train: string, trained: Score, targets: readonly number[] = []) {
  const source = new Source(
    'net.dn',
    `model Net {\n  x = Input(3)\n  hidden = Dense(4, activation: relu)\n  y = Dense(${units})\n}\ndata { source: csv("t.csv"); target: y }\ntrain { ${train}; epochs: 1 }\n`,
  );
  const { spec, network } = compile(source);
  return learnedNothingWarnings({
    spec,
    network,
    phase: spec.train.phases[0]!,
    scores: { validation: { trained } },
    bound: () => ({
      rows: targets.length,
      tensors: [{ name: 'target:y', extents: [1], width: 1, data: Float32Array.from(targets), rows: undefined }],
    }),
  });
}

/** Rows by class and prediction: `right` of `each` rows of ten classes, the others shared among the next class. */
const ten = (each: number, right: number) =>
  score(10 * each, {
    confusions: {
      y: Array.from({ length: 10 }, (_, k) =>
        Array.from({ length: 10 }, (_, j) => (j === k ? right : j === (k + 1) % 10 ? each - right : 0)),
      ),
    },
  });

describe('classes', () => {
  const loss = 'loss: sparse_categorical_crossentropy(from_logits: true); metrics: [accuracy]';

  test('no better than the most frequent class', () => {
    expect(warned(10, loss, ten(100, 10))).toMatchObject([
      {
        code: 'learned-nothing',
        severity: 'warning',
        message:
          'training has learned nothing: on 1,000 validation rows accuracy is 0.1, and always saying their most frequent class gives 0.1',
      },
    ]);
  });

  test.each([
    ['worse', ten(100, 9), 1],
    ['within chance', ten(100, 11), 1],
    ['a little learned', ten(100, 13), 0],
    ['learned', ten(100, 60), 0],
    ['few rows', ten(4, 0), 0],
    [
      'the frequent class alone',
      score(1000, {
        confusions: {
          y: [
            [950, 0],
            [50, 0],
          ],
        },
      }),
      1,
    ],
    [
      'better than a frequent class',
      score(1000, {
        confusions: {
          y: [
            [945, 5],
            [35, 15],
          ],
        },
      }),
      0,
    ],
    [
      'one class',
      score(1000, {
        confusions: {
          y: [
            [1000, 0],
            [0, 0],
          ],
        },
      }),
      0,
    ],
    [
      'classes of places',
      score(100, {
        confusions: {
          y: [
            [950, 0],
            [50, 0],
          ],
        },
      }),
      0,
    ],
    ['nothing counted', score(1000), 0],
  ])('%s', (_, trained, count) => {
    expect(warned(10, loss, trained)).toHaveLength(count);
  });

  test('weights of classes give up accuracy on purpose', () => {
    expect(warned(10, `${loss}; class_weight: balanced`, ten(100, 9))).toEqual([]);
  });
});

describe('numbers', () => {
  // Mean 300,000; variance 10¹⁰ (a standard deviation of 100,000).
  const prices = Array.from({ length: 100 }, (_, k) => 300_000 + (k % 2 === 0 ? 1e5 : -1e5));
  const metric = (name: string, value: number, error = 0.01 * value) =>
    score(100, { metrics: { [name]: value }, standardErrors: { [name]: error } });

  test('outputs near 0 are worse than the mean', () => {
    expect(warned(1, 'loss: mse', score(100, { loss: 1e11 }), prices)).toMatchObject([
      {
        message:
          'training has learned nothing: on 100 validation rows loss is 100000000000, and predicting the mean of their targets gives 10000000000',
        help: expect.arrayContaining([expect.stringContaining('number(standardize: true)')]),
      },
    ]);
  });

  test.each([
    ['the loss, learned', 'loss: mse', score(100, { loss: 0.97e10 }), 0],
    ['the loss, few rows', 'loss: mse', score(19, { loss: 1e11 }), 0],
    ['mse', 'loss: mae; metrics: [mse]', metric('mse', 1.2e10), 1],
    ['mse, within chance', 'loss: mae; metrics: [mse]', metric('mse', 0.99e10), 1],
    ['mse, learned', 'loss: mae; metrics: [mse]', metric('mse', 0.97e10), 0],
    ['nmse', 'loss: mse; metrics: [nmse]', metric('nmse', 1.0), 1],
    ['nmse, a little learned', 'loss: mse; metrics: [nmse]', metric('nmse', 0.97), 0],
    [
      'nmse of targets that are all the same',
      'loss: mse; metrics: [nmse]',
      metric('nmse', Number.POSITIVE_INFINITY),
      0,
    ],
    ['no measure', 'loss: mae; metrics: [mae]', metric('mae', 1e6), 0],
  ])('%s', (_, train, trained, count) => {
    expect(warned(1, train, trained, prices)).toHaveLength(count);
  });

  test('targets that are all the same', () => {
    expect(
      warned(
        1,
        'loss: mse',
        score(100, { loss: 5 }),
        prices.map(() => 7),
      ),
    ).toEqual([]);
  });
});
