import { expect, test } from 'vitest';
import { netTrim } from '../../src/sparsity/net-trim.js';
import { atOnce } from '../../src/sparsity/long-work.js';
import { type Found, SparsestWeights, TOLERANCE, type Wanted } from '../../src/sparsity/sparsest-weights.js';
import { withDefaults } from '../parity/support.js';
import { seeded } from '../support/random.js';
import { placed } from './hosts.js';

type Seeded = ReturnType<typeof seeded>;

/** Near a normal number. */
const near = ({ next }: Seeded) => next() + next() + next() + next() - 2;

const numbers = (count: number, of: () => number) => Float64Array.from({ length: count }, of);
const norm1 = (w: Float64Array, from = 0, to = w.length) =>
  w.slice(from, to).reduce((sum, one) => sum + Math.abs(one), 0);
const zeros = (w: Float64Array) => w.reduce((count, one) => count + Number(one === 0), 0);
const norm2 = (w: Float64Array) => Math.sqrt(w.reduce((sum, one) => sum + one * one, 0));

const over = (...rows: Parameters<typeof SparsestWeights.over>) => atOnce(SparsestWeights.over(...rows));

function solved(solver: SparsestWeights, ...wanted: readonly Wanted[]): [Found, Found] {
  const all: Found[] = [];
  atOnce(
    solver.solve(wanted, wanted.length, (unit, found) => {
      all[unit] = found;
    }),
  );
  return all as [Found, Found];
}

function product(x: Float64Array, rows: number, w: Float64Array): Float64Array {
  const columns = x.length / rows;
  return Float64Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, k) => x[row * columns + k]! * w[k]!).reduce((sum, one) => sum + one, 0),
  );
}

test('planted weights are found among others, from fewer active rows than there are weights', () => {
  const random = seeded('net trim');
  for (let round = 0; round < 10; round++) {
    const [rows, columns, planted] = [75, 60, 4];
    const x = numbers(rows * columns, () => Math.max(0, near(random)));
    const sparse = new Float64Array(columns);
    for (let k = 0; k < planted; k++)
      sparse[random.whole(columns)] = (random.next() < 0.5 ? -1 : 1) * (0.5 + random.next());
    const sums = product(x, rows, sparse);
    // The unit rests on a quarter of the rows.
    const bias = -sums.slice().sort()[Math.floor(rows / 4)]!;
    const values = sums.map((sum) => sum + bias);
    const active = Uint8Array.from(values, (value) => Number(value > 0));
    const [{ weights, holds }] = solved(over(rows, columns, x, true), {
      values: values.map((value) => Math.max(0, value)),
      active,
      radius: 0,
      // None of them is 0.
      weights: Float64Array.from([...sparse.map((weight) => weight + 0.3 * (near(random) || 1)), bias]),
    });
    expect(holds).toBe(true);
    expect(norm1(weights, 0, columns)).toBeLessThanOrEqual(norm1(sparse) * 1.02);
    // What the solver is off by is far below what was planted.
    const found = [...weights.slice(0, columns)].flatMap((weight, k) => (Math.abs(weight) > 0.05 ? [k] : []));
    expect(found).toEqual([...sparse].flatMap((weight, k) => (weight === 0 ? [] : [k])));
    expect(zeros(weights)).toBeGreaterThan(columns / 2);
  }
});

test('where residuals fell in time, the norm is the least one, as trying all bases finds it', () => {
  const random = seeded('basis pursuit');
  let ended = 0;
  for (let round = 0; round < 40; round++) {
    // Least ‖w‖₁ with X w = y, three rows and six columns, is reached with three weights.
    const [rows, columns] = [3, 6];
    const x = numbers(rows * columns, () => near(random));
    const values = numbers(rows, () => near(random));
    let least = Number.POSITIVE_INFINITY;
    for (let a = 0; a < columns; a++)
      for (let b = a + 1; b < columns; b++)
        for (let c = b + 1; c < columns; c++) {
          const at = (row: number, k: number) => x[row * columns + k]!;
          const det = (m: number[][]) =>
            m[0]![0]! * (m[1]![1]! * m[2]![2]! - m[1]![2]! * m[2]![1]!) -
            m[0]![1]! * (m[1]![0]! * m[2]![2]! - m[1]![2]! * m[2]![0]!) +
            m[0]![2]! * (m[1]![0]! * m[2]![1]! - m[1]![1]! * m[2]![0]!);
          const basis = [0, 1, 2].map((row) => [a, b, c].map((k) => at(row, k)));
          const whole = det(basis);
          const own = [0, 1, 2].map((k) =>
            det(basis.map((line, row) => line.map((one, j) => (j === k ? values[row]! : one)))),
          );
          least = Math.min(
            least,
            own.reduce((sum, one) => sum + Math.abs(one / whole), 0),
          );
        }
    const [{ weights, rounds }] = solved(over(rows, columns, x, false), {
      values,
      active: new Uint8Array(rows).fill(1),
      radius: 0,
      weights: new Float64Array(columns).fill(1),
    });
    // Bases that are nearly singular take longer than it works.
    if (rounds === 1000) continue;
    ended += 1;
    expect(norm2(product(x, rows, weights).map((value, k) => value - values[k]!))).toBeLessThan(0.01 * norm2(values));
    expect(Math.abs(norm1(weights) / least - 1)).toBeLessThan(0.005);
  }
  expect(ended).toBeGreaterThan(20);
});

test('a unit may be off by the radius, on active rows together, and uses it', () => {
  const random = seeded('radius');
  const [rows, columns] = [80, 20];
  const x = numbers(rows * columns, () => near(random));
  const trained = numbers(columns, () => near(random) || 1);
  const values = product(x, rows, trained);
  const active = Uint8Array.from(values, (value) => Number(value > 0));
  const wanted = values.map((value) => Math.max(0, value));
  const solver = over(rows, columns, x, false);
  const size = norm2(wanted);
  let before = norm1(trained) * 1.001;
  for (const share of [0, 0.1, 0.3, 0.6]) {
    const [{ weights, holds, rounds }] = solved(solver, {
      values: wanted,
      active,
      radius: share * size,
      weights: trained,
    });
    const made = product(x, rows, weights);
    const off = norm2(made.map((value, row) => (active[row] ? value - wanted[row]! : 0)));
    const slack = (TOLERANCE * size) / Math.sqrt(active.reduce((sum, is) => sum + is, 0));
    expect(holds).toBe(true);
    expect(rounds).toBeLessThanOrEqual(1000);
    expect(off).toBeLessThanOrEqual(share * size + TOLERANCE * size + 1e-9);
    expect(Math.max(...made.filter((_, row) => !active[row]))).toBeLessThanOrEqual(slack + 1e-9);
    expect(norm1(weights)).toBeLessThanOrEqual(before);
    before = norm1(weights) * 1.001;
  }
});

test('weights that are 0 stay 0, and a unit that is never active needs none', () => {
  const random = seeded('held');
  const [rows, columns] = [50, 10];
  const x = numbers(rows * columns, () => Math.abs(near(random)));
  const solver = over(rows, columns, x, true);
  const weights = Float64Array.from([...numbers(columns, () => near(random) || 1), 0.1]);
  weights[3] = 0;
  weights[7] = 0;
  const values = solver.times(weights);
  const [found, resting] = solved(
    solver,
    { values, active: new Uint8Array(rows).fill(1), radius: 0.2 * norm2(values), weights },
    { values: new Float64Array(rows), active: new Uint8Array(rows), radius: 0, weights },
  );
  expect([found.weights[3], found.weights[7]]).toEqual([0, 0]);
  expect(resting.holds).toBe(true);
  expect(norm1(resting.weights, 0, columns)).toBeLessThan(1e-6);
});

test('units are found to the same bits alone and beside others, and inputs that are always 0 get no weight', () => {
  const random = seeded('lanes');
  const [rows, columns, units] = [40, 12, 19];
  const x = numbers(rows * columns, () => near(random)).map((one, k) => (k % columns === 5 ? 0 : one));
  const solver = over(rows, columns, x, true);
  const wanted = Array.from({ length: units }, (_, unit): Wanted => {
    const weights = numbers(columns + 1, () => near(random) || 1);
    const values = solver.times(weights);
    const active = Uint8Array.from(values, (value) => Number(unit % 2 === 0 || value > 0));
    return { values: values.map((one, row) => (active[row] ? one : 0)), active, radius: 0.1 * norm2(values), weights };
  });
  const together = solved(solver, ...wanted) as Found[];
  expect(together).toHaveLength(units);
  expect(new Set(together.map(({ rounds }) => rounds)).size).toBeGreaterThan(1);
  wanted.forEach((one, unit) => {
    expect(solved(over(rows, columns, x, true), one)[0]).toEqual(together[unit]);
  });
  for (const { weights } of together) expect(weights[5]).toBe(0);
});

test('what makes no sense', () => {
  const refused = (args: object, at = placed()) => netTrim.refuses!(withDefaults(netTrim, args as never) as never, at);
  expect(refused({ during: 'train' })).toMatch(/acts in no phase/);
  expect(refused({}, placed({ layer: 'LSTM', isSum: false }))).toMatch(/LSTM is not one sum/);
  expect(refused({})).toBeUndefined();
});
