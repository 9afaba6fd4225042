import { describe, expect, test } from 'vitest';
import { Dims, extents, showShape } from '../../src/ir/dims.js';
import { Random, seed } from '../program/support.js';

describe('fresh', () => {
  test('makes new units that remember their layer and index', () => {
    const dims = new Dims();
    const [a, b] = [dims.fresh(3, 'a'), dims.fresh(2, 'b')];
    expect(new Set([...a.units, ...b.units]).size).toBe(5);
    expect(dims.size).toBe(5);
    expect(b.units.map((unit) => dims.origin(unit))).toEqual([
      { layer: 'b', index: 0 },
      { layer: 'b', index: 1 },
    ]);
    expect(dims.widthOf('a')).toBe(3);
    expect(dims.widthOf('nobody')).toBe(0);
  });

  test('takes original indices, and how wide the layer was', () => {
    const dims = new Dims();
    const a = dims.fresh(3, 'a', [1, 4, 6], 10);
    expect(a.units.map((unit) => dims.origin(unit).index)).toEqual([1, 4, 6]);
    expect(dims.widthOf('a')).toBe(10);
    // Where the width is not known, it holds at least every index.
    dims.fresh(2, 'b', [0, 7]);
    expect(dims.widthOf('b')).toBe(8);
  });
});

describe('unify', () => {
  test('makes axes the same unit by unit, also through others', () => {
    const dims = new Dims();
    const [a, b, c] = [dims.fresh(3, 'a'), dims.fresh(3, 'b'), dims.fresh(3, 'c')];
    expect(dims.unify(b, c)).toBe(true);
    expect(dims.unify(a, b)).toBe(true);
    for (let k = 0; k < 3; k++) {
      expect(dims.find(c.units[k]!)).toBe(a.units[k]);
      expect(dims.find(b.units[k]!)).toBe(a.units[k]);
    }
    expect(dims.find(a.units[0]!)).not.toBe(dims.find(c.units[1]!));
  });

  test('refuses axes of other lengths and leaves them as they are', () => {
    const dims = new Dims();
    const [a, b] = [dims.fresh(3, 'a'), dims.fresh(2, 'b')];
    expect(dims.unify(a, b)).toBe(false);
    expect(dims.find(b.units[0]!)).toBe(b.units[0]);
  });

  test('keeps a reason to stay on whichever side it was', () => {
    for (const side of [0, 1]) {
      const dims = new Dims();
      const axes = [dims.fresh(2, 'a'), dims.fresh(2, 'b')] as const;
      dims.pin(axes[side]!, 'because');
      dims.unify(axes[0], axes[1]);
      for (const axis of axes) expect(axis.units.map((unit) => dims.pinOf(unit))).toEqual(['because', 'because']);
    }
  });

  test(`is an equivalence, whatever the order (seed ${seed})`, () => {
    const random = new Random('unify');
    for (let trial = 0; trial < 50; trial++) {
      const dims = new Dims();
      const axes = Array.from({ length: 8 }, (_, k) => dims.fresh(1, `l${k}`));
      // The same by brute force: labels that are overwritten.
      const labels = axes.map((_, k) => k);
      for (let step = 0; step < 6; step++) {
        const [i, j] = [random.int(0, 7), random.int(0, 7)];
        dims.unify(axes[i]!, axes[j]!);
        const [from, to] = [labels[i], labels[j]!];
        labels.forEach((label, k) => {
          if (label === from) labels[k] = to;
        });
      }
      for (let i = 0; i < 8; i++)
        for (let j = 0; j < 8; j++)
          expect(dims.find(axes[i]!.units[0]!) === dims.find(axes[j]!.units[0]!)).toBe(labels[i] === labels[j]);
    }
  });
});

describe('product', () => {
  test('makes units of units, row-major', () => {
    const dims = new Dims();
    const [a, b, c] = [dims.fresh(2, 'a'), dims.fresh(1, 'b'), dims.fresh(3, 'c')];
    const product = dims.product([a, b, c], 'flat');
    expect(product.units).toHaveLength(6);
    product.units.forEach((unit, k) => {
      expect(dims.componentsOf(unit)).toEqual([a.units[Math.floor(k / 3)], b.units[0], c.units[k % 3]]);
      expect(dims.origin(unit)).toEqual({ layer: 'flat', index: k });
    });
  });

  test('hands on the only long axis, whose single companions must stay', () => {
    const dims = new Dims();
    const [a, b, c] = [dims.fresh(1, 'a'), dims.fresh(4, 'b'), dims.fresh(1, 'c')];
    expect(dims.product([a, b, c], 'flat')).toBe(b);
    expect(dims.componentsOf(b.units[0]!)).toEqual([]);
    expect(dims.pinOf(a.units[0]!)).toMatch(/flat/);
    expect(dims.pinOf(c.units[0]!)).toMatch(/flat/);
    expect(dims.pinOf(b.units[0]!)).toBeUndefined();
  });

  test('of axes of 1 is one unit, and of none a new one', () => {
    const dims = new Dims();
    const [a, b] = [dims.fresh(1, 'a'), dims.fresh(1, 'b')];
    expect(dims.product([a, b], 'flat').units).toHaveLength(1);
    expect(dims.pinOf(a.units[0]!) ?? dims.pinOf(b.units[0]!)).toMatch(/flat/);
    expect(dims.product([], 'flat').units).toHaveLength(1);
  });

  test('with an axis without units has none', () => {
    const dims = new Dims();
    expect(dims.product([dims.fresh(0, 'a'), dims.fresh(3, 'b')], 'flat').units).toEqual([]);
  });
});

test('pick takes units by position, in the order asked for', () => {
  const dims = new Dims();
  const a = dims.fresh(4, 'a');
  expect(dims.pick(a, [3, 0]).units).toEqual([a.units[3], a.units[0]]);
});

describe('a stretch', () => {
  test('has the same units, whose places count from its beginning', () => {
    const dims = new Dims();
    const a = dims.fresh(3, 'a', [1, 4, 6], 10);
    const b = dims.fresh(2, 'b');
    dims.pin({ units: [a.units[2]!] }, 'first');
    const cut = dims.stretch(a, [1, 2], 'cut');
    expect(cut.units.map((unit) => dims.find(unit))).toEqual([a.units[1], a.units[2]]);
    expect(cut.units.map((unit) => dims.origin(unit))).toEqual([
      { layer: 'a', index: 4 },
      { layer: 'a', index: 6 },
    ]);
    expect(cut.units.map((unit) => dims.pinOf(unit))).toEqual([undefined, 'first']);
    expect(dims.originalsOf(cut.units)).toEqual({ indices: [0, 1], width: 2 });
    expect(dims.originalsOf([...b.units, ...cut.units])).toEqual({ indices: [0, 1, 2, 3], width: 4 });
    expect(dims.unify(cut, b)).toBe(true);
    expect(dims.find(b.units[0]!)).toBe(a.units[1]);
    expect(dims.allStretches).toEqual([{ maker: 'cut', dim: cut }]);
  });

  test('of units made of others is made of these', () => {
    const dims = new Dims();
    const [a, b] = [dims.fresh(2, 'a'), dims.fresh(2, 'b')];
    const product = dims.product([a, b], 'flat', { together: true });
    const cut = dims.stretch(product, [2, 3], 'cut');
    expect(dims.componentsOf(cut.units[1]!)).toEqual([a.units[1], b.units[1]]);
    expect(dims.goesWithComponents(cut.units[1]!)).toBe(true);
  });

  test('of a whole axis is the axis, unless it was not of the first network', () => {
    const dims = new Dims();
    const a = dims.fresh(2, 'a', [1, 4], 10);
    expect(dims.stretch(a, [0, 1], 'cut')).toBe(a);
    const cut = dims.stretch(a, [0, 1], 'cut', { indices: [0, 3], width: 5 });
    expect(dims.originalsOf(cut.units)).toEqual({ indices: [0, 3], width: 5 });
    const one = dims.stretch(a, [1], 'one', { indices: [2], width: 3 });
    expect([dims.isLong(one), dims.isLong(dims.stretch(a, [1], 'single'))]).toEqual([true, false]);
  });
});

test('the first reason to stay is the one that is told', () => {
  const dims = new Dims();
  const a = dims.fresh(2, 'a');
  dims.pin({ units: [a.units[1]!] }, 'first');
  dims.pin(a, 'second');
  expect(a.units.map((unit) => dims.pinOf(unit))).toEqual(['second', 'first']);
});

test('shapes are shown as people read them', () => {
  const dims = new Dims();
  const shape = [dims.fresh(28, 'a'), dims.fresh(1, 'b')];
  expect(extents(shape)).toEqual([28, 1]);
  expect(showShape(shape)).toBe('28×1');
  expect(showShape([])).toBe('scalar');
});

describe('where units of an axis stood first', () => {
  test('is the index of one layer, in any order', () => {
    const dims = new Dims();
    const a = dims.fresh(3, 'a', [1, 4, 6], 10);
    expect(dims.originalsOf(a.units)).toEqual({ indices: [1, 4, 6], width: 10 });
    expect(dims.originalsOf(dims.pick(a, [2, 0]).units)).toEqual({ indices: [6, 1], width: 10 });
    expect(dims.originalsOf([])).toEqual({ indices: [], width: 0 });
  });

  test('is behind the layers before it where axes are joined, and twice where a layer is there twice', () => {
    const dims = new Dims();
    const [a, b] = [dims.fresh(2, 'a', [0, 3], 4), dims.fresh(3, 'b')];
    expect(dims.originalsOf([...a.units, ...b.units]).indices).toEqual([0, 3, 4, 5, 6]);
    expect(dims.originalsOf([...b.units, ...a.units, ...a.units])).toEqual({
      indices: [0, 1, 2, 3, 6, 7, 10],
      width: 11,
    });
  });
});

describe('where elements of several axes stood first', () => {
  test('is row-major in the axes as they were, whichever of them lost units', () => {
    const dims = new Dims();
    const [rows, channels] = [dims.fresh(2, 'rows'), dims.fresh(2, 'conv', [0, 3], 4)];
    expect(dims.originalsOfShape([rows, channels])).toEqual({ indices: [0, 3, 4, 7], width: 8 });
    expect(dims.originalsOfShape([channels, rows])).toEqual({ indices: [0, 1, 6, 7], width: 8 });
    const other = dims.fresh(2, 'other');
    const joined = { units: [...channels.units, ...other.units] };
    expect(dims.originalsOf(dims.product([rows, joined], 'flat').units)).toEqual({
      indices: [0, 3, 4, 5, 6, 9, 10, 11],
      width: 12,
    });
  });

  test('counts by the axis, where a layer makes several under its name', () => {
    const dims = new Dims();
    const [places, channels] = [dims.fresh(3, 'x'), dims.fresh(2, 'x', [1, 4], 5)];
    expect(dims.originalsOf(places.units)).toEqual({ indices: [0, 1, 2], width: 3 });
    expect(dims.originalsOf(channels.units)).toEqual({ indices: [1, 4], width: 5 });
  });

  test('is kept where one unit is left of an axis that is flattened', () => {
    const dims = new Dims();
    const [rows, channel] = [dims.fresh(3, 'rows'), dims.fresh(1, 'conv', [1], 4)];
    const flat = dims.product([rows, channel], 'flat');
    expect(dims.originalsOf(flat.units)).toEqual({ indices: [1, 5, 9], width: 12 });
    expect(dims.componentsOf(flat.units[2]!)).toEqual([rows.units[2], channel.units[0]]);
  });
});
