import { expect, test } from 'vitest';
import { sources } from '../../src/data/index.js';
import { drawRegression, drawTruth } from '../../src/data/regression.js';
import { failureOf } from './failure.js';
import { numbersIn } from './numbers.js';

const place = { dataFolder: undefined, specFolder: '.' };
const defaults = { features: 20, support: 2, samples: 500, test: 500, scale: 1, noise: 0, seed: 1, unit_sphere: false };

test('the target is the sum over the support, which differs from seed to seed', () => {
  const supports = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const regression = { features: 20, support: 2, scale: 10, noise: 0, seed, unit_sphere: false, samples: 50 };
    const { support, coefficients } = drawTruth(regression);
    expect(new Set(support).size).toBe(2);
    for (const coefficient of coefficients) {
      expect(Math.abs(coefficient)).toBeGreaterThanOrEqual(1);
      expect(Math.abs(coefficient)).toBeLessThan(3);
    }
    supports.add(support.join());
    const { x, y } = drawRegression('train', 50, regression);
    for (let row = 0; row < 50; row++) {
      const sum = support.reduce((total, feature, k) => total + x[row * 20 + feature]! * coefficients[k]!, 0);
      expect(y[row]).toBe(Math.fround(sum));
    }
  }
  expect(supports.size).toBeGreaterThan(15);
});

test('scale and noise are standard deviations; the noise changes no features', () => {
  const [rows, features] = [4000, 10];
  const fixed = { seed: 4, unit_sphere: false, samples: rows };
  const clean = drawRegression('train', rows, { features, support: 3, scale: 10, noise: 0, ...fixed });
  const noisy = drawRegression('train', rows, { features, support: 3, scale: 10, noise: 2, ...fixed });
  expect(noisy.x).toEqual(clean.x);
  const deviation = (values: readonly number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
  expect(deviation([...clean.x]) / 10).toBeCloseTo(1, 1);
  expect(deviation([...noisy.y].map((value, row) => value - clean.y[row]!)) / 2).toBeCloseTo(1, 1);
});

test('on the unit sphere every training column has norm 1, and test rows have the same scale', () => {
  const [samples, features] = [30, 50];
  const regression = { features, support: 3, scale: 1, noise: 0, seed: 2, unit_sphere: true, samples };
  const norms = (x: Float32Array, rows: number) =>
    Array.from({ length: features }, (_, k) =>
      Math.hypot(...Array.from({ length: rows }, (_, row) => x[row * features + k]!)),
    );
  for (const norm of norms(drawRegression('train', samples, regression).x, samples)) expect(norm).toBeCloseTo(1, 6);
  const test = norms(drawRegression('test', 100 * samples, regression).x, 100 * samples);
  expect(test.reduce((sum, norm) => sum + norm, 0) / features / 10).toBeCloseTo(1, 1);
});

test('the source: shapes as described, training and test rows apart, more features than rows allowed', async () => {
  const args = { ...defaults, features: 40, samples: 30, test: 20 };
  const { train, test: held } = await sources.sparse_regression.read(args, place);
  expect([train.rows, held!.rows]).toEqual([30, 20]);
  const described = sources.sparse_regression.describe!(args)!;
  expect(train.fields.map(({ data: _, ...field }) => field)).toEqual(described.fields);
  expect(numbersIn(train.fields[0]!).length).toBe(30 * 40);
  expect([...numbersIn(train.fields[0]!).slice(0, 5)]).not.toEqual([...numbersIn(held!.fields[0]!).slice(0, 5)]);
});

test('more support than features, and more numbers than fit', async () => {
  const read = async (args: object) => {
    const { text, exit } = await failureOf(() => sources.sparse_regression.read({ ...defaults, ...args }, place));
    expect(exit).toBe(4);
    return text;
  };
  expect(await read({ support: 21 })).toMatchInlineSnapshot(`"support-too-large: 21 of 20 features cannot matter"`);
  expect(await read({ features: 100_000, samples: 1_000_000 })).toMatchInlineSnapshot(
    `"table-too-large: sparse_regression would make 1,000,000 rows of 100,000 numbers; dnc holds at most 268,435,456 numbers in a table"`,
  );
});
