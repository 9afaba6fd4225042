import { describe, expect, test } from 'vitest';
import { type Axis, pointsOf, rungsOf } from '../../../src/runtime/sweep/points.js';
import { Source } from '../../../src/diagnostics/source.js';

const span = { source: new Source('net.dn', ''), start: 0, end: 0 };
const listed = (address: string, values: readonly string[], repeats = false): Axis => ({
  address,
  span,
  repeats,
  space: { kind: 'values', values },
});
const from = (address: string, kind: 'log' | 'uniform', low: number, high: number): Axis => ({
  address,
  span,
  repeats: false,
  space: { kind, from: low, to: high },
});

describe('points', () => {
  test('a grid is every combination, with its repetitions behind one another', () => {
    const axes = [listed('train.seed', ['1', '2'], true), listed('a', ['x', 'y']), listed('b', ['3', '4'])];
    const points = pointsOf({ strategy: 'grid', seed: 1 }, axes);
    expect(points.map((point) => Object.values(point).join(' '))).toEqual([
      '1 x 3',
      '2 x 3',
      '1 x 4',
      '2 x 4',
      '1 y 3',
      '2 y 3',
      '1 y 4',
      '2 y 4',
    ]);
    expect(Object.keys(points[0]!)).toEqual(['train.seed', 'a', 'b']);
  });

  test('what is drawn is decided by the seed and the address alone, and lies within', () => {
    const axes = [from('lambda', 'log', 1e-6, 1e-2), from('rate', 'uniform', -0.5, 0.5), listed('a', ['x', 'y', 'z'])];
    const draw = (trials: number, seed: number, own: readonly Axis[] = axes) =>
      pointsOf({ strategy: 'random', trials, seed }, own);
    const points = draw(200, 7);
    expect(points).toHaveLength(200);
    expect(draw(20, 7)).toEqual(points.slice(0, 20));
    expect(draw(20, 8)).not.toEqual(points.slice(0, 20));
    // Another address less changes no other value.
    expect(draw(20, 7, axes.slice(0, 1))).toEqual(points.slice(0, 20).map(({ lambda }) => ({ lambda })));
    const lambdas = points.map(({ lambda }) => Number(lambda));
    expect(Math.min(...lambdas)).toBeGreaterThanOrEqual(1e-6);
    expect(Math.max(...lambdas)).toBeLessThanOrEqual(1e-2);
    // Evenly in the logarithm: half of them below the geometric middle.
    const below = lambdas.filter((lambda) => lambda < 1e-4).length;
    expect(below).toBeGreaterThan(70);
    expect(below).toBeLessThan(130);
    expect(points.every(({ rate }) => Math.abs(Number(rate)) <= 0.5)).toBe(true);
    for (const { lambda } of points) expect(Number(Number(lambda).toPrecision(6))).toBe(Number(lambda));
  });

  test('no combination of listed values is drawn twice, and all where so many are asked for', () => {
    const axes = [
      listed('a', ['1', '2', '3', '4']),
      listed('b', ['1', '2', '3']),
      listed('train.seed', ['1', '2'], true),
    ];
    for (let seed = 0; seed < 20; seed++) {
      const points = pointsOf({ strategy: 'random', trials: 11, seed }, axes);
      expect(new Set(points.map((point) => JSON.stringify(point))).size).toBe(22);
    }
    expect(pointsOf({ strategy: 'random', trials: 12, seed: 1 }, axes)).toEqual(
      pointsOf({ strategy: 'grid', seed: 1 }, axes),
    );
  });
});

test.each([
  [
    8,
    8,
    [
      [1, 4],
      [2, 2],
      [4, 1],
    ],
  ],
  [
    5,
    20,
    [
      [5, 3],
      [10, 2],
    ],
  ],
  [16, 3, [[2, 8]]],
  [2, 2, [[1, 1]]],
  [3, 100, [[50, 2]]],
])('%d combinations of %d epochs are halved', (combinations, epochs, expected) => {
  const rungs = rungsOf(combinations, epochs);
  expect(rungs.at(-1)).toEqual({ epochs: undefined });
  expect(rungs.slice(0, -1).map((rung) => [rung.epochs, rung.keep])).toEqual(expected);
});
