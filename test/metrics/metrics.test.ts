import { describe, expect, test } from 'vitest';
import { metrics } from '../../src/metrics/index.js';
import type { TargetForm } from '../../src/losses/loss.js';
import { Builder } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { sizeOf, type Tensor64 } from '../../src/program/program.js';
import { exact } from '../parity/support.js';
import { Random, seed } from '../program/support.js';

type Word = keyof typeof metrics;

interface Use {
  readonly form: TargetForm;
  readonly logits: boolean;
  /** Extents of one row of the prediction. */
  readonly shape: readonly number[];
}

/** How every metric may be used; one that is missing here does not compile. */
const uses: Readonly<Record<Word, readonly Use[]>> = {
  accuracy: [
    { form: 'classes', logits: true, shape: [4] },
    { form: 'values', logits: false, shape: [4] },
    { form: 'values', logits: true, shape: [1] },
    { form: 'values', logits: false, shape: [1] },
  ],
  mse: [
    { form: 'values', logits: false, shape: [1] },
    { form: 'values', logits: false, shape: [2, 3] },
  ],
  nmse: [
    { form: 'values', logits: false, shape: [1] },
    { form: 'values', logits: false, shape: [3] },
  ],
};

function sumsOf(word: Word, use: Use, given: { prediction: Tensor64; target: Tensor64 }): Record<string, number> {
  const b = new Builder();
  const prediction = b.batch('prediction', 'float', ['batch', ...use.shape]);
  const target =
    use.form === 'classes' ? b.batch('target', 'int', ['batch']) : b.batch('target', 'float', ['batch', ...use.shape]);
  const sums = metrics[word].sums(b, {
    arguments: {} as never,
    target,
    form: use.form,
    logits: use.logits,
    prediction,
  });
  for (const [name, value] of Object.entries(sums)) {
    expect(value.type).toEqual({ dtype: 'float', shape: [] });
    b.result(name, value);
  }
  const { results } = evaluate(b.build(word), given);
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data[0]!]));
}

/** Multiples of 1/16, so that sums are exact in whatever order. */
function draw({ form, shape }: Use, rows: number, name: string): { prediction: Tensor64; target: Tensor64 } {
  const random = new Random(name);
  const numbers = () => Array.from({ length: rows * sizeOf(shape) }, () => random.int(-16, 16) / 16);
  return {
    prediction: exact([rows, ...shape], numbers()),
    target:
      form === 'classes'
        ? { dtype: 'int', shape: [rows], data: Float64Array.from({ length: rows }, () => random.int(0, shape[0]! - 1)) }
        : exact([rows, ...shape], numbers()),
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
    expect(kind.finish(added, ROWS)).toBeCloseTo(kind.finish(whole, ROWS), 12);
    if (kind.unitRange) {
      expect(kind.finish(whole, ROWS)).toBeGreaterThanOrEqual(0);
      expect(kind.finish(whole, ROWS)).toBeLessThanOrEqual(1);
    }
  });

  test('does not depend on the order of the rows', () => {
    const shuffled = new Random('order').shuffled(Array.from({ length: ROWS }, (_, k) => k));
    const other = { prediction: part(given.prediction, shuffled), target: part(given.target, shuffled) };
    expect(kind.finish(sumsOf(word, use, other), ROWS)).toBeCloseTo(kind.finish(sumsOf(word, use, given), ROWS), 12);
  });

  test('is best for the target itself', () => {
    if (use.form === 'classes' || kind.better === 'higher') return;
    const perfect = sumsOf(word, use, { prediction: given.target, target: given.target });
    expect(kind.finish(perfect, ROWS)).toBe(0);
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
        return kind.finish(sums, many);
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
    return metrics.accuracy.finish(
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
      expect(metrics.nmse.finish(sums, 50)).toBeCloseTo(1, 9);
    }
  });

  test('is the mean squared error divided by the variance', () => {
    const sums = sumsOf('nmse', use, { target: exact([4, 1], [1, 2, 3, 6]), prediction: exact([4, 1], [1, 2, 3, 4]) });
    // Squared errors 0, 0, 0, 4; variance of the target (4 + 1 + 0 + 9) / 4.
    expect(metrics.nmse.finish(sums, 4)).toBeCloseTo(1 / 3.5, 12);
  });
});
