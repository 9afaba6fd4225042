import { describe, expect, it } from 'vitest';
import { follow, MarkedUnits, unitsOfAxes } from '../../../src/compiler/5-shrink/unit-sets.js';

describe('sets of units', () => {
  it.each([
    ['none', []],
    ['an empty axis', [[]]],
    ['one that was made together', [[4, 5, 6]]],
    ['one in another order', [[6, 4, 5]]],
    ['one with a unit twice', [[4, 5, 4]]],
    [
      'several',
      [
        [4, 5, 6],
        [9, 10],
      ],
    ],
  ])('of %s hold what stands on the axes', (_, axes) => {
    const set = unitsOfAxes(axes);
    const wanted = new Set(axes.flat());
    expect(set.size).toBe(wanted.size);
    expect([...set].sort()).toEqual([...wanted].sort());
    for (let unit = 0; unit < 12; unit++) expect(set.has(unit), `${unit}`).toBe(wanted.has(unit));
  });

  it.each([[[]], [[[3, 4, 5]]], [[[3], [1_000_000]]]])('grow, also by units that stand elsewhere: %j', (axes) => {
    const set = MarkedUnits.near(axes);
    expect(set.size).toBe(0);
    const wanted = new Set<number>();
    for (const unit of [4, 0, 4, 77, 3, 1_000_000, 77]) {
      expect(set.add(unit), `${unit}`).toBe(!wanted.has(unit));
      wanted.add(unit);
      expect(set.size).toBe(wanted.size);
    }
    expect([...set].sort()).toEqual([...wanted].sort());
    expect(set.has(5)).toBe(false);
  });

  it('units follow each other or do not', () => {
    expect([[], [7], [7, 8, 9], [7, 9], [8, 7]].map(follow)).toEqual([true, true, true, false, false]);
  });
});
