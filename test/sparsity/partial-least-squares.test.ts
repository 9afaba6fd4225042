import { expect, test } from 'vitest';
import { importanceInProjection } from '../../src/sparsity/partial-least-squares.js';
import { drawn } from './hosts.js';

const table = (rows: number, columns: number, data: readonly number[]) => ({
  rows,
  columns,
  data: Float64Array.from(data),
});

test('with one target and one component it is √p · |correlation| / ‖correlations‖', () => {
  const [rows, columns] = [30, 5];
  const x = drawn(rows * columns, 1);
  const y = Array.from(
    { length: rows },
    (_, row) => x[row * columns]! - 2 * x[row * columns + 3]! + drawn(rows, 2)[row]!,
  );
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / rows;
  const correlation = (k: number) => {
    const own = Array.from({ length: rows }, (_, row) => x[row * columns + k]!);
    const [a, b] = [mean(own), mean(y)];
    const covariance = mean(own.map((value, row) => (value - a) * (y[row]! - b)));
    return (
      covariance / Math.sqrt(mean(own.map((value) => (value - a) ** 2)) * mean(y.map((value) => (value - b) ** 2)))
    );
  };
  const all = Array.from({ length: columns }, (_, k) => correlation(k));
  const length = Math.hypot(...all);
  const found = importanceInProjection(table(rows, columns, x), table(rows, 1, y), 1);
  all.forEach((r, k) => {
    expect(found[k]).toBeCloseTo((Math.sqrt(columns) * Math.abs(r)) / length, 10);
  });
});

test('its squares have the mean 1, whatever the targets and components', () => {
  const x = table(40, 6, drawn(240, 3));
  for (const components of [1, 2, 3]) {
    const found = importanceInProjection(x, table(40, 3, drawn(120, 4)), components);
    expect(found.reduce((sum, value) => sum + value * value, 0) / 6).toBeCloseTo(1, 10);
  }
});

test('scale and place of a column do not matter, a constant one is 0, and what is explained is not explained again', () => {
  const [rows, columns] = [20, 3];
  const x = drawn(rows * columns, 5);
  const y = drawn(rows, 6);
  const moved = x.map((value, k) => (k % columns === 1 ? 50 * value - 7 : value));
  const found = importanceInProjection(table(rows, columns, x), table(rows, 1, y), 2);
  importanceInProjection(table(rows, columns, moved), table(rows, 1, y), 2).forEach((value, k) => {
    expect(value).toBeCloseTo(found[k]!, 8);
  });
  const still = x.map((value, k) => (k % columns === 2 ? 3 : value));
  expect(importanceInProjection(table(rows, columns, still), table(rows, 1, y), 2)[2]).toBe(0);
  // Targets that are a column: one component is all there is.
  const own = Array.from({ length: rows }, (_, row) => x[row * columns]!);
  const lone = [...importanceInProjection(table(rows, 1, own), table(rows, 1, own), 3)];
  expect(lone[0]).toBeCloseTo(1, 12);
});

test('where nothing is to be explained, nothing is important', () => {
  expect([...importanceInProjection(table(5, 2, drawn(10, 7)), table(5, 1, [1, 1, 1, 1, 1]), 2)]).toEqual([0, 0]);
});
