import { describe, expect, test } from 'vitest';
import { stepProgram } from '../../src/compiler/4-program/index.js';
import { losses } from '../../src/losses/index.js';
import { Builder } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { gradient } from '../../src/program/gradient.js';
import { sizeOf, type Tensor64 } from '../../src/program/program.js';
import { exact, lower, withDefaults } from '../parity/support.js';
import { Random, seed } from '../program/support.js';

type Word = keyof typeof losses;

interface LossFacts {
  /** Extents of one row of the prediction. */
  readonly shape: readonly number[];
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** Where predictions come from; absent: −4 to 4, and numbers far out must stay numbers. */
  readonly from?: readonly [number, number];
  /** Loss of one row, by its definition. `target` is a class number or a row of values. */
  readonly row: (prediction: readonly number[], target: readonly number[]) => number;
}

const mean = (xs: readonly number[]) => xs.reduce((sum, x) => sum + x, 0) / xs.length;
const softmax = (z: readonly number[]) => {
  const total = z.reduce((sum, one) => sum + Math.exp(one), 0);
  return z.map((one) => Math.exp(one) / total);
};
const huber = (d: number, delta: number) => (Math.abs(d) <= delta ? d ** 2 / 2 : delta * Math.abs(d) - delta ** 2 / 2);
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** Every loss; one that is missing here does not compile. */
const facts: Readonly<Record<Word, readonly LossFacts[]>> = {
  binary_crossentropy: [
    {
      shape: [3],
      row: (z, y) =>
        mean(z.map((one, k) => -y[k]! * Math.log(sigmoid(one)) - (1 - y[k]!) * Math.log(1 - sigmoid(one)))),
    },
  ],
  categorical_crossentropy: [
    { shape: [4], row: (z, y) => -softmax(z).reduce((sum, p, k) => sum + y[k]! * Math.log(p), 0) },
    {
      shape: [4],
      arguments: { label_smoothing: 0.2 },
      row: (z, y) => -softmax(z).reduce((sum, p, k) => sum + (0.8 * y[k]! + 0.05) * Math.log(p), 0),
    },
  ],
  hinge: [{ shape: [3], row: (z, y) => mean(z.map((one, k) => Math.max(0, 1 - y[k]! * one))) }],
  huber: [
    { shape: [3], row: (z, y) => mean(z.map((one, k) => huber(one - y[k]!, 1))) },
    { shape: [2, 2], arguments: { delta: 2.5 }, row: (z, y) => mean(z.map((one, k) => huber(one - y[k]!, 2.5))) },
  ],
  kl_divergence: [
    {
      shape: [4],
      from: [0.01, 1],
      row: (z, y) => z.reduce((sum, q, k) => sum + y[k]! * Math.log(y[k]! / q), 0),
    },
  ],
  log_cosh: [{ shape: [3], row: (z, y) => mean(z.map((one, k) => Math.log(Math.cosh(one - y[k]!)))) }],
  mean_absolute_error: [
    { shape: [3], row: (z, y) => mean(z.map((one, k) => Math.abs(one - y[k]!))) },
    { shape: [2, 2], row: (z, y) => mean(z.map((one, k) => Math.abs(one - y[k]!))) },
  ],
  mean_squared_error: [
    { shape: [3], row: (z, y) => mean(z.map((one, k) => (one - y[k]!) ** 2)) },
    { shape: [2, 2], row: (z, y) => mean(z.map((one, k) => (one - y[k]!) ** 2)) },
  ],
  poisson: [{ shape: [3], from: [0.1, 4], row: (z, y) => mean(z.map((one, k) => one - y[k]! * Math.log(one + 1e-7))) }],
  sparse_categorical_crossentropy: [{ shape: [4], row: (z, [c]) => -Math.log(softmax(z)[c!]!) }],
};

const all = Object.entries(facts).flatMap(([word, cases]) => cases.map((one) => ({ word: word as Word, one })));

function programOf(word: Word, { shape, arguments: given }: LossFacts) {
  const b = new Builder();
  const kind = losses[word];
  const prediction = b.batch('prediction', 'float', ['batch', ...shape]);
  const target =
    kind.target === 'classes' ? b.batch('target', 'int', ['batch']) : b.batch('target', 'float', ['batch', ...shape]);
  const rows = kind.rows(b, { arguments: withDefaults(kind, given) as never, target, prediction });
  b.result('rows', rows);
  b.result('gradient', gradient(b, b.sum(rows), [prediction])[0]!);
  return b.build(word);
}

function draw(word: Word, { shape, from }: LossFacts, count: number): { prediction: Tensor64; target: Tensor64 } {
  const random = new Random(`${word} ${count}`);
  const size = sizeOf(shape);
  const numbers = (low: number, high: number) => Array.from({ length: count * size }, () => random.between(low, high));
  const target =
    losses[word].target === 'classes'
      ? {
          dtype: 'int' as const,
          shape: [count],
          data: Float64Array.from({ length: count }, () => random.int(0, size - 1)),
        }
      : exact([count, ...shape], numbers(0, 1));
  return { prediction: exact([count, ...shape], numbers(...(from ?? ([-4, 4] as const)))), target };
}

const rowsOf = (tensor: Tensor64, from: number, to: number): Tensor64 => {
  const [, ...rest] = tensor.shape;
  const size = sizeOf(rest);
  return { ...tensor, shape: [to - from, ...rest], data: tensor.data.slice(from * size, to * size) };
};

describe.each(all)(`$word $one.shape $one.arguments (seed ${seed})`, ({ word, one }) => {
  const program = programOf(word, one);
  const given = draw(word, one, 12);

  test('is what its definition says, row by row', () => {
    const { rows } = evaluate(program, given).results;
    expect(rows!.shape).toEqual([12]);
    rows!.data.forEach((value, r) => {
      const [z, y] = [rowsOf(given.prediction, r, r + 1), rowsOf(given.target, r, r + 1)];
      expect(value).toBeCloseTo(one.row([...z.data], [...y.data]), 12);
    });
  });

  test('adds up over batches to the sum over all rows, exactly', () => {
    const { rows } = evaluate(program, given).results;
    const parts = [
      [0, 5],
      [5, 6],
      [6, 12],
    ].map(
      ([from, to]) =>
        evaluate(program, {
          prediction: rowsOf(given.prediction, from!, to!),
          target: rowsOf(given.target, from!, to!),
        }).results.rows!.data,
    );
    expect(parts.flatMap((part) => [...part])).toEqual([...rows!.data]);
  });

  test('has the gradient of central differences', () => {
    const found = evaluate(program, given).results.gradient!.data;
    const total = (data: Float64Array) =>
      evaluate(program, { ...given, prediction: { ...given.prediction, data } }).results.rows!.data.reduce(
        (a, x) => a + x,
        0,
      );
    found.forEach((value, k) => {
      const [up, down] = [1e-6, -1e-6].map((by) => {
        const data = given.prediction.data.slice();
        data[k]! += by;
        return total(data);
      });
      const wanted = (up! - down!) / 2e-6;
      expect(Math.abs(value - wanted)).toBeLessThan(5e-8 * Math.max(1, Math.abs(wanted)));
    });
  });

  test.skipIf(one.from !== undefined)('stays a number for predictions far out', () => {
    for (const far of [-1e4, 1e4]) {
      const data = given.prediction.data.map((_, k) => (k % 2 ? far : 0));
      const { rows, gradient: slope } = evaluate(program, {
        ...given,
        prediction: { ...given.prediction, data },
      }).results;
      expect([...rows!.data, ...slope!.data].every(Number.isFinite)).toBe(true);
    }
  });
});

describe('hinge', () => {
  const rows = (target: readonly number[]) =>
    evaluate(programOf('hinge', { shape: [1], row: () => 0 }), {
      prediction: exact([3, 1], [0.5, -2, 3]),
      target: exact([3, 1], target),
    }).results.rows!.data;

  test('reads a batch of nothing but 0 and 1 as −1 and 1', () => {
    expect([...rows([1, 0, 0])]).toEqual([0.5, 0, 4]);
    expect(rows([1, 0, 0])).toEqual(rows([1, -1, -1]));
  });

  test('leaves a batch alone that holds another number', () => {
    expect([...rows([1, 0, -1])]).toEqual([0.5, 1, 4]);
  });
});

test('a divergence cuts both distributions at 1e-7, so that 0 is a number', () => {
  const { rows } = evaluate(programOf('kl_divergence', { shape: [2], row: () => 0 }), {
    prediction: exact([1, 2], [0, 1]),
    target: exact([1, 2], [1, 0]),
  }).results;
  expect(rows!.data[0]).toBeCloseTo(Math.log(1e7) + 1e-7 * Math.log(1e-7), 12);
});

describe('from_logits', () => {
  const text = (units: number, ending: string, loss: string) => `
model Net {
  x = Input(4)
  y = Dense(${units}, activation: ${ending})
}
data { source: sparse_regression }
train { loss: ${loss}; optimizer: sgd(0.1); epochs: 1; metrics: [accuracy] }
`;
  const cases = [
    ['sparse_categorical_crossentropy', 'softmax', 3],
    ['categorical_crossentropy', 'softmax', 3],
    ['binary_crossentropy', 'sigmoid', 1],
  ] as const;

  test.each(cases)('%s behind %s is the same as from logits, bit by bit', (loss, ending, units) => {
    const random = new Random(loss);
    const numbers = (shape: readonly number[]) =>
      exact(
        shape,
        Array.from({ length: sizeOf(shape) }, () => random.between(-1, 1)),
      );
    const rows = 40;
    const given = {
      x: numbers([rows, 4]),
      'y.kernel': numbers([4, units]),
      'y.bias': numbers([units]),
      'target:y':
        loss === 'sparse_categorical_crossentropy'
          ? { dtype: 'int' as const, shape: [rows], data: Float64Array.from({ length: rows }, () => random.int(0, 2)) }
          : exact(
              [rows, units],
              Array.from({ length: rows * units }, () => random.int(0, 1)),
            ),
    };
    const run = (activation: string, call: string) => {
      const { spec, network } = lower(text(units, activation, call));
      const step = stepProgram(network, { ...spec.train.phases[0]!, finetune: false });
      const scalars = step.scalars({ step: 1, learningRate: 0.1, rows });
      return evaluate(step.program, {
        ...given,
        ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, exact([], [value])])),
      });
    };
    const [probabilities, logits] = [run(ending, loss), run('linear', `${loss}(from_logits: true)`)];
    expect(probabilities.results).toEqual(logits.results);
    expect(probabilities.state).toEqual(logits.state);
    expect(probabilities.results).toHaveProperty(['metric:accuracy:correct']);
  });
});
