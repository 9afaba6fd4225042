import { describe, expect, test } from 'vitest';
import { Random, seed } from '../program/support.js';
import { apart, column, columnNorms, type Matrix, mean, moments, norm, rowNorms } from './support.js';

const random = new Random('dropneuron');
/** Two zero rows and a zero column, as they are while training goes on. */
const kernel: Matrix = Array.from({ length: 6 }, (_, i) =>
  Array.from({ length: 5 }, (_, j) => (i === 1 || i === 4 || j === 3 ? 0 : random.between(-1, 1))),
);
const diagonal: Matrix = kernel.map((row) => row.map(() => random.between(0.2, 3)));
const identity: Matrix = kernel.map((row) => row.map(() => 1));

/** The group soft threshold by its closed form: columns by `li`, then rows of the result by `lo`; each group has its own length of move. */
function softThreshold(
  from: Matrix,
  { li, lo }: { readonly li: number; readonly lo: number },
  weigh: (norms: readonly number[]) => readonly number[],
  metric: Matrix,
): Matrix {
  const shrunk = (length: number, move: number) => (length > move ? 1 - move / length : 0);
  const columns = columnNorms(from);
  const byColumn = weigh(columns);
  const between = from.map((row) =>
    row.map((w, j) => w * shrunk(columns[j]!, (li * byColumn[j]!) / mean(column(metric, j)))),
  );
  const rows = rowNorms(between);
  const byRow = weigh(rows);
  return between.map((row, i) => row.map((w) => w * shrunk(rows[i]!, (lo * byRow[i]!) / mean(metric[i]!))));
}

const equal = (norms: readonly number[]) => norms.map(() => 1);
const reweigh = (delta: number) => (norms: readonly number[]) => {
  const living = norms.filter((one) => one > 0);
  return norms.map((one) => 1 / (one / (living.length > 0 ? mean(living) : 1) + delta));
};

describe(`solver: gradient (seed ${seed})`, () => {
  test('the gradient is λ · w / ‖g‖ for the column and the row of a weight, and 0 for groups that are 0', () => {
    const { gradient } = moments('dropneuron', { li: 0.3, lo: 0.7, solver: 'gradient' }, { kernel });
    const [columns, rows] = [columnNorms(kernel), rowNorms(kernel)];
    const wanted = kernel.map((row, i) =>
      row.map((w, j) => (columns[j] === 0 ? 0 : (0.3 * w) / columns[j]!) + (rows[i] === 0 ? 0 : (0.7 * w) / rows[i]!)),
    );
    expect(apart(gradient.kernel, wanted)).toBeLessThan(1e-14);
    expect(gradient.kernel[1]!.every((slope) => slope === 0)).toBe(true);
  });

  test('is not reweighted', () => {
    const plain = moments('dropneuron', { lambda: 0.1, solver: 'gradient' }, { kernel });
    const asked = moments('dropneuron', { lambda: 0.1, solver: 'gradient', reweighted: true }, { kernel });
    expect(asked).toEqual(plain);
  });
});

describe(`solver: proximal (seed ${seed})`, () => {
  const rate = 0.5;
  const cases = [
    { name: 'li only', given: { li: 0.4, lo: 0 }, weigh: equal, metric: diagonal },
    { name: 'lo only', given: { li: 0, lo: 0.4 }, weigh: equal, metric: diagonal },
    { name: 'li, then lo', given: { lambda: 0.3, lo: 0.4 }, weigh: equal, metric: diagonal },
    { name: 'euclidean', given: { li: 0.2, lo: 0.4, metric: 'euclidean' }, weigh: equal, metric: identity },
    { name: 'reweighted', given: { li: 0.2, lo: 0.1, reweighted: true }, weigh: reweigh(0.5), metric: diagonal },
    {
      name: 'reweighted, euclidean',
      given: { li: 0.1, lo: 0.2, reweighted: true, delta: 0.2, metric: 'euclidean' },
      weigh: reweigh(0.2),
      metric: identity,
    },
  ] as const;

  test.each(cases)('$name: is its closed form', ({ given, weigh, metric }) => {
    const found = moments('dropneuron', given, { kernel, learningRate: rate, diagonal }).prox!;
    const { li, lo } = { ...('lambda' in given && { li: given.lambda }), ...given } as { li: number; lo: number };
    const wanted = softThreshold(kernel, { li: rate * li, lo: rate * lo }, weigh, metric);
    expect(apart(found, wanted)).toBeLessThan(1e-14);
    // Something moved, and it is shorter.
    expect(norm(found.flat())).toBeLessThan(norm(kernel.flat()));
  });

  test('without a metric from the optimizer moves by learning rate · lambda', () => {
    const found = moments('dropneuron', { li: 0.2, lo: 0.4 }, { kernel, learningRate: rate }).prox!;
    expect(apart(found, softThreshold(kernel, { li: 0.1, lo: 0.2 }, equal, identity))).toBeLessThan(1e-14);
  });

  test('brings a group to exactly 0 where it moves as far as the group is long, and not before', () => {
    const columns = columnNorms(kernel);
    for (const [share, dead] of [
      [0.999, false],
      [1.001, true],
    ] as const) {
      const li = (share * columns[0]!) / rate;
      const found = moments('dropneuron', { li, lo: 0, metric: 'euclidean' }, { kernel, learningRate: rate }).prox!;
      expect(column(found, 0).every((w) => w === 0)).toBe(dead);
    }
  });

  test('leaves everything where it is at learning rate 0', () => {
    for (const reweighted of [false, true]) {
      const found = moments('dropneuron', { lambda: 0.3, reweighted }, { kernel, learningRate: 0, diagonal }).prox!;
      expect(apart(found, kernel)).toBe(0);
    }
  });

  test('reweighting moves small groups further than large ones, and only relative to their mean', () => {
    const grown = kernel.map((row) => row.map((w) => 1000 * w));
    const args = { li: 0.1, lo: 0, reweighted: true, metric: 'euclidean' };
    const moved = (from: Matrix) => {
      const found = moments('dropneuron', args, { kernel: from, learningRate: rate }).prox!;
      const after = columnNorms(found);
      return columnNorms(from).map((before, j) => before - after[j]!);
    };
    const [small, large] = [moved(kernel), moved(grown)];
    small.forEach((move, j) => {
      if (j !== 3) expect(large[j]).toBeCloseTo(move, 9);
    });
    const order = [0, 1, 2, 4].sort((a, b) => columnNorms(kernel)[a]! - columnNorms(kernel)[b]!);
    for (let k = 1; k < order.length; k++) expect(small[order[k - 1]!]).toBeGreaterThan(small[order[k]!]!);
  });

  test('minimises ½‖w − z‖² + t‖w‖ for every group', () => {
    const z = column(kernel, 0);
    const t = 0.25;
    const w = column(moments('dropneuron', { li: t, lo: 0 }, { kernel, learningRate: 1 }).prox!, 0);
    const objective = (at: readonly number[]) => 0.5 * norm(at.map((x, i) => x - z[i]!)) ** 2 + t * norm(at);
    for (let trial = 0; trial < 200; trial++) {
      const other = w.map((x) => x + random.between(-0.1, 0.1));
      expect(objective(other)).toBeGreaterThanOrEqual(objective(w));
    }
  });
});
