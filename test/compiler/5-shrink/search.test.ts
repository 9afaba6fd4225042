import { describe, expect, it } from 'vitest';
import { searchThreshold } from '../../../src/compiler/5-shrink/search.js';

const grid = [0, 1, 2, 3, 4];

function search(
  metrics: readonly (number | undefined)[],
  options: { tolerance: number; better?: 'higher' | 'lower'; unitRange?: boolean; standardError?: number },
) {
  const evaluated: number[] = [];
  const result = searchThreshold({
    grid,
    cut: (threshold) => (metrics[threshold] === undefined ? undefined : threshold),
    evaluate: async (threshold) => {
      evaluated.push(threshold);
      return {
        metric: metrics[threshold]!,
        rows: 1000,
        ...(options.standardError !== undefined && { standardError: options.standardError }),
      };
    },
    tolerance: options.tolerance,
    better: options.better ?? 'higher',
    unitRange: options.unitRange ?? true,
  });
  return result.then((found) => ({ ...found, evaluated }));
}

describe('searchThreshold', () => {
  it('takes the largest threshold at which it and every smaller one hold', async () => {
    const found = await search([0.98, 0.981, 0.979, 0.97, 0.99], { tolerance: 0.002 });
    expect(found.threshold).toBe(2);
    expect(found.after.metric).toBe(0.979);
    // The one that fails ends the search: a larger one that held would not count.
    expect(found.evaluated).toEqual([0, 1, 2, 3]);
    expect(found.tried.map(({ holds }) => holds)).toEqual([true, true, true, false]);
  });

  it('takes a smaller one where shrinking leaves no function at the largest that holds', async () => {
    const living: number[] = [];
    const found = await searchThreshold({
      grid,
      cut: (threshold) => threshold,
      evaluate: async (threshold) => ({ metric: 0.9 - threshold / 1000, rows: 1000 }),
      lives: (threshold) => {
        living.push(threshold);
        return threshold < 2;
      },
      gains: () => true,
      tolerance: 0.003,
      better: 'higher',
      unitRange: true,
    });
    expect(found.threshold).toBe(1);
    expect(found.after.metric).toBe(0.899);
    expect(living).toEqual([3, 2, 1]);
    expect(found.tried.map(({ threshold, holds }) => [threshold, holds])).toEqual([
      [0, true],
      [1, true],
      [2, false],
    ]);
  });

  it('the tolerance is a difference for metrics in [0, 1], and itself allowed', async () => {
    expect((await search([0.3, 0.2, 0.1, 0, 0], { tolerance: 0.1 })).threshold).toBe(1);
  });

  it('and a share for others', async () => {
    const found = await search([200, 201, 202, 202.1, 200], { tolerance: 0.01, better: 'lower', unitRange: false });
    expect(found.threshold).toBe(2);
    expect(found.limit).toBe(202);
  });

  it('lower is better for errors', async () => {
    expect((await search([0.02, 0.01, 0.021, 0.023, 0], { tolerance: 0.002, better: 'lower' })).threshold).toBe(2);
  });

  it('0 where nothing may go, and where a network dies', async () => {
    expect((await search([0.9, 0.8, 0.9, 0.9, 0.9], { tolerance: 0.002 })).threshold).toBe(0);
    const dies = await search([0.9, 0.9, undefined, 0.9, 0.9], { tolerance: 1 });
    expect(dies.threshold).toBe(1);
    expect(dies.evaluated).toEqual([0, 1]);
  });

  it('0 where nothing is gained at the threshold found, which the result names', async () => {
    const metrics = [0.9, 0.895, 0.89, 0.5];
    const compared: (readonly [number, number])[] = [];
    const at = (gained: number) =>
      searchThreshold({
        grid: [0, 1, 2, 3],
        cut: (threshold) => threshold,
        evaluate: async (threshold) => ({ metric: metrics[threshold]!, rows: 100 }),
        gains: (candidate, uncut) => {
          compared.push([candidate, uncut]);
          return candidate >= gained;
        },
        tolerance: 0.05,
        better: 'higher',
        unitRange: true,
      });
    const found = await at(3);
    expect(found).toMatchObject({ threshold: 0, withoutGain: 2, after: { metric: 0.9 } });
    expect(found.tried.map(({ holds }) => holds)).toEqual([true, true, true, false]);
    const gaining = await at(2);
    expect(gaining.threshold).toBe(2);
    expect(gaining).not.toHaveProperty('withoutGain');
    expect(compared).toEqual([
      [2, 0],
      [2, 0],
    ]);
  });

  it('a metric that is no number does not hold', async () => {
    expect((await search([0.9, Number.NaN, 0.9, 0.9, 0.9], { tolerance: 1 })).threshold).toBe(0);
  });

  it('says when chance decides', async () => {
    const narrow = await search([0.98, 0.98, 0.98, 0.98, 0.98], { tolerance: 0.002, standardError: 0.0015 });
    expect(narrow.coarse).toEqual({ tolerance: 0.002, standardError: 0.0015 });
    const wide = await search([0.98, 0.98, 0.98, 0.98, 0.98], { tolerance: 0.002, standardError: 0.0009 });
    expect(wide.coarse).toBeUndefined();
  });
});
