import { describe, expect, test } from 'vitest';
import { confusion } from '../../src/metrics/confusion.js';
import { metrics } from '../../src/metrics/index.js';
import type { TargetForm } from '../../src/losses/loss.js';
import { Builder } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { sizeOf, type Tensor64 } from '../../src/program/program.js';
import { exact, withDefaults } from '../parity/support.js';
import { Random, seed } from '../program/support.js';

type Word = keyof typeof metrics;

interface Use {
  readonly form: TargetForm;
  readonly logits: boolean;
  /** Extents of one row of the prediction. */
  readonly shape: readonly number[];
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** Targets are 0 and 1, and without logits predictions are probabilities. */
  readonly flags?: true;
}

/** How every metric may be used; one that is missing here does not compile. */
const uses: Readonly<Record<Word, readonly Use[]>> = {
  accuracy: [
    { form: 'classes', logits: true, shape: [4] },
    { form: 'values', logits: false, shape: [4] },
    { form: 'values', logits: true, shape: [1] },
    { form: 'values', logits: false, shape: [1] },
  ],
  auc: [
    { form: 'classes', logits: true, shape: [4] },
    { form: 'values', logits: true, shape: [1], flags: true, arguments: { num_thresholds: 20 } },
    { form: 'values', logits: false, shape: [3], flags: true, arguments: { curve: 'PR' } },
  ],
  f1: [
    { form: 'classes', logits: true, shape: [4] },
    { form: 'values', logits: true, shape: [1], flags: true },
    { form: 'values', logits: false, shape: [3], flags: true, arguments: { average: 'micro', threshold: 0.3 } },
    { form: 'classes', logits: false, shape: [4], flags: true, arguments: { average: 'weighted' } },
  ],
  mae: [
    { form: 'values', logits: false, shape: [1] },
    { form: 'values', logits: false, shape: [2, 3] },
  ],
  mse: [
    { form: 'values', logits: false, shape: [1] },
    { form: 'values', logits: false, shape: [2, 3] },
  ],
  nmse: [
    { form: 'values', logits: false, shape: [1] },
    { form: 'values', logits: false, shape: [3] },
  ],
  precision: [
    { form: 'classes', logits: true, shape: [4] },
    { form: 'values', logits: false, shape: [3], flags: true, arguments: { thresholds: 0.3, class_id: 2 } },
    { form: 'classes', logits: true, shape: [4], arguments: { top_k: 2 } },
  ],
  recall: [
    { form: 'values', logits: true, shape: [1], flags: true },
    { form: 'classes', logits: false, shape: [4], flags: true, arguments: { top_k: 2, thresholds: 0.4 } },
  ],
  top_k: [
    { form: 'classes', logits: true, shape: [6], arguments: { k: 2 } },
    { form: 'values', logits: false, shape: [6], flags: true },
  ],
};

function argumentsOf(word: Word, use: Use) {
  return withDefaults(metrics[word], use.arguments) as never;
}

/** The metric from sums of which tensors are spelled element by element, `found 0`, `found 1`. */
function finishOf(word: Word, use: Use, sums: Readonly<Record<string, number>>, rows: number): number {
  const tensors: Record<string, number[]> = {};
  const scalars: Record<string, number> = {};
  for (const [name, value] of Object.entries(sums)) {
    const [base, place] = name.split(' ') as [string, string?];
    if (place === undefined) scalars[name] = value;
    else (tensors[base] ??= [])[Number(place)] = value;
  }
  return metrics[word].finish(scalars, rows, tensors, argumentsOf(word, use));
}

function sumsOf(word: Word, use: Use, given: { prediction: Tensor64; target: Tensor64 }): Record<string, number> {
  const b = new Builder();
  const prediction = b.batch('prediction', 'float', ['batch', ...use.shape]);
  const target =
    use.form === 'classes' ? b.batch('target', 'int', ['batch']) : b.batch('target', 'float', ['batch', ...use.shape]);
  const sums = metrics[word].sums(b, {
    arguments: argumentsOf(word, use),
    target,
    form: use.form,
    logits: use.logits ? (use.shape.at(-1) === 1 ? 'sigmoid' : 'softmax') : undefined,
    prediction,
  });
  for (const [name, value] of Object.entries(sums)) {
    expect(value.type.dtype).toBe('float');
    expect(value.type.shape).not.toContain('batch');
    b.result(name, value);
  }
  const { results } = evaluate(b.build(word), given);
  return Object.fromEntries(
    Object.entries(results).flatMap(([name, { shape, data }]) =>
      shape.length === 0
        ? [[name, data[0]!] as const]
        : Array.from(data, (value, k) => [`${name} ${k}`, value] as const),
    ),
  );
}

/** Multiples of 1/16, so that sums are exact in whatever order. */
function draw({ form, shape, flags }: Use, rows: number, name: string): { prediction: Tensor64; target: Tensor64 } {
  const random = new Random(name);
  const numbers = (low = flags ? 0 : -16) =>
    Array.from({ length: rows * sizeOf(shape) }, () => random.int(low, 16) / 16);
  const targets = () => (flags ? numbers().map((x) => Number(x > 0.6)) : numbers());
  return {
    prediction: exact([rows, ...shape], numbers()),
    target:
      form === 'classes'
        ? { dtype: 'int', shape: [rows], data: Float64Array.from({ length: rows }, () => random.int(0, shape[0]! - 1)) }
        : exact([rows, ...shape], targets()),
  };
}

const part = (tensor: Tensor64, rows: readonly number[]): Tensor64 => {
  const [, ...rest] = tensor.shape;
  const size = sizeOf(rest);
  return {
    ...tensor,
    shape: [rows.length, ...rest],
    data: Float64Array.from(rows.flatMap((row) => [...tensor.data.slice(row * size, (row + 1) * size)])),
  };
};

const all = Object.entries(uses).flatMap(([word, own]) => own.map((use) => ({ word: word as Word, use })));

describe.each(all)(`$word of $use.form, $use.shape, logits: $use.logits (seed ${seed})`, ({ word, use }) => {
  const kind = metrics[word];
  const ROWS = 40;
  const given = draw(use, ROWS, `${word} ${JSON.stringify(use)}`);

  test('is called what its registry entry says', () => {
    expect(kind.keyword).toBe(word);
  });

  test('adds up over batches to what it is over all rows, exactly', () => {
    const whole = sumsOf(word, use, given);
    const added: Record<string, number> = {};
    for (const [from, to] of [
      [0, 1],
      [1, 17],
      [17, 40],
    ] as const) {
      const rows = Array.from({ length: to - from }, (_, k) => from + k);
      const sums = sumsOf(word, use, { prediction: part(given.prediction, rows), target: part(given.target, rows) });
      for (const [name, value] of Object.entries(sums)) added[name] = (added[name] ?? 0) + value;
    }
    // Means over 6 outputs are no multiples of a power of two.
    for (const [name, value] of Object.entries(whole)) expect(added[name]).toBeCloseTo(value, 12);
    expect(finishOf(word, use, added, ROWS)).toBeCloseTo(finishOf(word, use, whole, ROWS), 12);
    if (kind.unitRange) {
      expect(finishOf(word, use, whole, ROWS)).toBeGreaterThanOrEqual(0);
      expect(finishOf(word, use, whole, ROWS)).toBeLessThanOrEqual(1);
    }
  });

  test('does not depend on the order of the rows', () => {
    const shuffled = new Random('order').shuffled(Array.from({ length: ROWS }, (_, k) => k));
    const other = { prediction: part(given.prediction, shuffled), target: part(given.target, shuffled) };
    expect(finishOf(word, use, sumsOf(word, use, other), ROWS)).toBeCloseTo(
      finishOf(word, use, sumsOf(word, use, given), ROWS),
      12,
    );
  });

  test('is best for the target itself', () => {
    if (use.form === 'classes' || kind.better === 'higher') return;
    const perfect = sumsOf(word, use, { prediction: given.target, target: given.target });
    expect(finishOf(word, use, perfect, ROWS)).toBe(0);
  });

  if (kind.standardError) {
    test('has the standard error that drawing rows again and again shows', () => {
      const many = 300;
      const data = draw(use, many, `bootstrap ${word}`);
      const whole = sumsOf(word, use, data);
      const perRow = Array.from({ length: many }, (_, row) =>
        sumsOf(word, use, { prediction: part(data.prediction, [row]), target: part(data.target, [row]) }),
      );
      // Sums of the target alone count as known: the error is that of the prediction.
      const drawn = Object.keys(whole).filter((name) => !name.startsWith('target'));
      const random = new Random(`bootstrap ${word}`);
      const draws = Array.from({ length: 2000 }, () => {
        const sums: Record<string, number> = { ...whole, ...Object.fromEntries(drawn.map((name) => [name, 0])) };
        for (let k = 0; k < many; k++) {
          const row = perRow[random.int(0, many - 1)]!;
          for (const name of drawn) sums[name]! += row[name]!;
        }
        return finishOf(word, use, sums, many);
      });
      const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
      const spread = Math.sqrt(draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (draws.length - 1));
      // The standard deviation of 2,000 draws is itself known to 1.6 %.
      expect(kind.standardError!(whole, many) / spread).toBeGreaterThan(0.9);
      expect(kind.standardError!(whole, many) / spread).toBeLessThan(1.1);
    });
  }
});

describe('accuracy', () => {
  const score = (use: Use, prediction: readonly number[], target: readonly number[]) => {
    const rows = use.form === 'classes' ? target.length : target.length / sizeOf(use.shape);
    return finishOf(
      'accuracy',
      use,
      sumsOf('accuracy', use, {
        prediction: exact([rows, ...use.shape], prediction),
        target: {
          dtype: 'float',
          shape: use.form === 'classes' ? [rows] : [rows, ...use.shape],
          data: Float64Array.from(target),
        },
      }),
      rows,
    );
  };

  test('of class numbers: the largest output is the class', () => {
    expect(
      score({ form: 'classes', logits: true, shape: [3] }, [0.1, 3, -1, 5, 2, 1, -3, -2, -1, 0, 0, 1], [1, 0, 1, 2]),
    ).toBe(3 / 4);
  });

  test('of a tie: the first of the largest outputs', () => {
    expect(score({ form: 'classes', logits: true, shape: [3] }, [2, 2, 1, 1, 2, 2], [0, 2])).toBe(1 / 2);
  });

  test('of one-hot rows: the largest output is where the one is', () => {
    expect(
      score({ form: 'values', logits: false, shape: [2] }, [0.9, 0.1, 0.4, 0.6, 0.2, 0.8], [1, 0, 1, 0, 0, 1]),
    ).toBe(2 / 3);
  });

  test('of one output: logits are parted at 0, probabilities at one half', () => {
    const logits = { form: 'values', logits: true, shape: [1] } as const;
    const probabilities = { ...logits, logits: false };
    expect(score(logits, [0.2, -0.2, 0.2, -0.2], [1, 0, 1, 1])).toBe(3 / 4);
    expect(score(probabilities, [0.2, 0.6, 0.2, 0.7], [1, 1, 0, 0])).toBe(1 / 2);
    // Neither is more than its bound.
    expect(score(logits, [0], [0])).toBe(1);
    expect(score(probabilities, [0.5], [0])).toBe(1);
  });
});

describe('nmse', () => {
  const use = { form: 'values', logits: false, shape: [1] } as const;

  test('is 1 for predicting the mean of the target, whatever its scale and place', () => {
    for (const [scale, place] of [
      [1, 0],
      [100, -7],
      [0.01, 3],
    ] as const) {
      const target = draw(use, 50, `nmse ${scale}`).target.data.map((x) => scale * x + place);
      const mean = target.reduce((sum, x) => sum + x, 0) / target.length;
      const sums = sumsOf('nmse', use, {
        target: exact([50, 1], [...target]),
        prediction: exact([50, 1], Array(50).fill(mean)),
      });
      expect(finishOf('nmse', use, sums, 50)).toBeCloseTo(1, 9);
    }
  });

  test('is the mean squared error divided by the variance', () => {
    const sums = sumsOf('nmse', use, { target: exact([4, 1], [1, 2, 3, 6]), prediction: exact([4, 1], [1, 2, 3, 4]) });
    // Squared errors 0, 0, 0, 4; variance of the target (4 + 1 + 0 + 9) / 4.
    expect(finishOf('nmse', use, sums, 4)).toBeCloseTo(1 / 3.5, 12);
  });
});

/** By the definition: the yes of every class of every row, counted. */
describe('precision, recall and f1', () => {
  const use = { form: 'classes', logits: false, shape: [3] } as const;
  //                    0              1              2              1
  const prediction = [0.6, 0.3, 0.1, 0.2, 0.2, 0.6, 0.1, 0.3, 0.6, 0.4, 0.35, 0.25];
  const target = [0, 1, 2, 1];
  const score = (word: Word, args: Readonly<Record<string, unknown>>) => {
    const given = {
      prediction: exact([4, 3], prediction),
      target: { dtype: 'int' as const, shape: [4], data: Float64Array.from(target) },
    };
    const asked = { ...use, arguments: args };
    return finishOf(word, asked, sumsOf(word, asked, given), 4);
  };

  test('count every class of every row', () => {
    // Above ½: row 0 says 0, rows 1 and 2 say 2; the last row says nothing.
    expect([score('precision', {}), score('recall', {})]).toEqual([2 / 3, 2 / 4]);
  });

  test('of one class alone', () => {
    expect([score('precision', { class_id: 2 }), score('recall', { class_id: 2 })]).toEqual([1 / 2, 1]);
    expect([score('precision', { class_id: 1 }), score('recall', { class_id: 1 })]).toEqual([0, 0]);
  });

  test('of the most probable, whatever their probability', () => {
    expect([score('precision', { top_k: 1 }), score('recall', { top_k: 1 })]).toEqual([2 / 4, 2 / 4]);
    expect(score('recall', { top_k: 2 })).toBe(3 / 4);
    expect(score('recall', { top_k: 2, thresholds: 0.3 })).toBe(3 / 4);
    expect(score('recall', { top_k: 2, thresholds: 0.36 })).toBe(2 / 4);
  });

  test('f1 is averaged over the classes, by their rows, or counted together', () => {
    // Predicted 0, 2, 2, 0. Class 0: precision ½, recall 1. Class 1: nothing. Class 2: precision ½, recall 1.
    const one = (2 * 0.5) / 1.5;
    expect(score('f1', { average: 'macro' })).toBeCloseTo((2 * one) / 3, 6);
    expect(score('f1', { average: 'weighted' })).toBeCloseTo((2 * one) / 4, 6);
    expect(score('f1', { average: 'micro' })).toBeCloseTo(0.5, 6);
  });
});

describe('auc', () => {
  const use = { form: 'values', logits: false, shape: [1], flags: true } as const;
  const area = (
    prediction: readonly number[],
    target: readonly number[],
    args: Readonly<Record<string, unknown>> = {},
  ) => {
    const rows = target.length;
    const given = { prediction: exact([rows, 1], prediction), target: exact([rows, 1], target) };
    const asked = { ...use, arguments: args };
    return finishOf('auc', asked, sumsOf('auc', asked, given), rows);
  };

  test('is the share of pairs in the right order, ties by half', () => {
    expect(area([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBeCloseTo(0.75, 12);
    expect(area([0.9, 0.8, 0.2, 0.1], [1, 1, 0, 0])).toBeCloseTo(1, 12);
    expect(area([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0])).toBeCloseTo(0, 12);
    expect(area([0.5, 0.5, 0.5, 0.5], [1, 0, 1, 0])).toBeCloseTo(0.5, 12);
    expect(area([0.9, 0.8, 0.2, 0.1], [1, 1, 0, 0], { curve: 'PR' })).toBeCloseTo(1, 12);
  });

  test('of logits is that of their probabilities', () => {
    const logits = [-1, 0.5, 0.2, 2, -0.3, 0.1];
    const target = [0, 0, 1, 1, 1, 0];
    const asked = { ...use, logits: true };
    const given = { prediction: exact([6, 1], logits), target: exact([6, 1], target) };
    const probabilities = logits.map((z) => 1 / (1 + Math.exp(-z)));
    expect(finishOf('auc', asked, sumsOf('auc', asked, given), 6)).toBeCloseTo(area(probabilities, target), 12);
  });
});

describe('a table of classes', () => {
  const table = (
    form: TargetForm,
    shape: readonly number[],
    prediction: readonly number[],
    target: readonly number[],
    logits = false,
  ) => {
    const b = new Builder();
    const rows = prediction.length / sizeOf(shape);
    const given =
      form === 'classes' ? b.batch('target', 'int', ['batch']) : b.batch('target', 'float', ['batch', ...shape]);
    b.result(
      'table',
      confusion(b, { target: given, form, prediction: b.batch('prediction', 'float', ['batch', ...shape]), logits }),
    );
    const { results } = evaluate(b.build('table'), {
      prediction: exact([rows, ...shape], prediction),
      target:
        form === 'classes'
          ? { dtype: 'int', shape: [rows], data: Float64Array.from(target) }
          : exact([rows, ...shape], target),
    });
    return [...results.table!.data];
  };

  test('has a row for every class, and a column for every one that is predicted', () => {
    const prediction = [3, 1, 0, 0, 1, 3, 1, 2, 0, 2, 1, 0];
    const wanted = [1, 0, 0, 1, 1, 0, 0, 0, 1];
    expect(table('classes', [3], prediction, [0, 2, 1, 1])).toEqual(wanted);
    expect(table('values', [3], prediction, [1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0])).toEqual(wanted);
  });

  test('of one unit has two of both', () => {
    expect(table('values', [1], [0.9, 0.4, 0.6, 0.2], [1, 1, 0, 0])).toEqual([1, 1, 1, 1]);
    expect(table('values', [1], [0.9, 0.4, 0.6, -0.2], [1, 1, 0, 0], true)).toEqual([1, 1, 0, 2]);
  });
});

test('accuracy of a mask is the share of places that are right', () => {
  const b = new Builder();
  const shape = ['batch', 2, 3, 1] as const;
  const sums = metrics.accuracy.sums(b, {
    arguments: {} as never,
    target: b.batch('target', 'float', shape),
    form: 'values',
    prediction: b.batch('prediction', 'float', shape),
    logits: 'sigmoid',
  });
  b.result('correct', sums.correct!);
  const rows = (data: readonly number[]): Tensor64 => ({
    dtype: 'float',
    shape: [2, 2, 3, 1],
    data: Float64Array.from(data),
  });
  const { results } = evaluate(b.build('mask'), {
    target: rows([1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1]),
    prediction: rows([2, -1, 3, 1, -1, -1, 1, 1, 1, 1, 1, -1]),
  });
  // 4 of 6 places in the first row, 5 of 6 in the second.
  expect(metrics.accuracy.finish({ correct: results.correct!.data[0]! }, 2, {}, {} as never)).toBeCloseTo(9 / 12, 12);
});
