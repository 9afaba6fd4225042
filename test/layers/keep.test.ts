import { describe, expect, test } from 'vitest';
import { extents } from '../../src/ir/dims.js';
import { featuresRead } from '../../src/layers/keep.js';
import { layers } from '../../src/layers/index.js';
import { outputOf, tryLayer } from './harness.js';

const SHAPE = [2, 3];
/** Row-major 10·i + j, for two rows: the second is 100 higher. */
const rows = {
  dtype: 'float' as const,
  shape: [2, ...SHAPE],
  data: Float64Array.from([0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112]),
};

const flat = [
  ['Flatten', layers.Flatten, {}],
  ['Reshape', layers.Reshape, { target_shape: [6] }],
] as const;

describe.each(flat)('keep on %s', (_, kind, args) => {
  test('picks features by their row-major index, in its own order', () => {
    const trial = tryLayer(kind, { ...args, keep: [5, 0, 1, 3] }, [SHAPE], 'inference');
    expect(trial.misfits).toEqual([]);
    expect([...outputOf(trial, { 'input 0': rows }).data]).toEqual([12, 0, 1, 10, 112, 100, 101, 110]);
    // The units are those of the whole row, so that they can be told apart later.
    const { dims, outputs } = trial;
    expect(outputs[0]![0]!.units.map((unit) => dims.origin(unit))).toEqual(
      [5, 0, 1, 3].map((index) => ({ layer: 'layer', index })),
    );
    expect(dims.widthOf('layer')).toBe(6);
  });

  test('hands on the units of a single axis themselves', () => {
    const { dims, inputs, outputs } = tryLayer(kind, { ...args, keep: [4, 2] }, [[6]], 'inference');
    const [[x]] = inputs as [[(typeof inputs)[0][0]]];
    expect(outputs[0]![0]!.units.map((unit) => dims.find(unit))).toEqual([x!.units[4], x!.units[2]]);
  });

  test('may be empty', () => {
    const trial = tryLayer(kind, { ...args, keep: [] }, [SHAPE], 'inference');
    expect(outputOf(trial).shape).toEqual([2, 0]);
  });

  test('refuses an index that the row does not have, and goes on without it', () => {
    const { misfits, outputs } = tryLayer(kind, { ...args, keep: [1, 6, 9] }, [SHAPE], 'inference');
    expect(misfits).toEqual(['indices from 0 to 5 in `keep`; 6']);
    expect(extents(outputs[0]!)).toEqual([1]);
  });
});

describe('keep on Reshape', () => {
  test('needs one axis', () => {
    const { misfits } = tryLayer(layers.Reshape, { target_shape: [3, 2], keep: [1] }, [SHAPE], 'inference');
    expect(misfits).toEqual(['`keep` on a Reshape to one axis; 2 axes']);
  });
});

describe('keep on Input', () => {
  test('makes the units that are kept, in its order, with their own indices', () => {
    const { dims, outputs, misfits } = tryLayer(layers.Input, { shape: [5], keep: [4, 0, 3] }, [], 'inference');
    expect(misfits).toEqual([]);
    expect(outputs[0]![0]!.units.map((unit) => dims.origin(unit).index)).toEqual([4, 0, 3]);
    expect(dims.widthOf('layer')).toBe(5);
  });

  test('refuses an index that the data does not have', () => {
    const { misfits, outputs } = tryLayer(layers.Input, { shape: [5], keep: [5, 1] }, [], 'inference');
    expect(misfits).toEqual(['indices from 0 to 4 in `keep`; 5']);
    expect(extents(outputs[0]!)).toEqual([1]);
  });

  test('keeps features of the last axis at every place', () => {
    const { misfits, outputs, dims } = tryLayer(layers.Input, { shape: [2, 3], keep: [0, 2] }, [], 'inference');
    expect(misfits).toEqual([]);
    expect(extents(outputs[0]!)).toEqual([2, 2]);
    expect(outputs[0]![1]!.units.map((unit) => dims.origin(unit).index)).toEqual([0, 2]);
    expect(featuresRead({ shape: [2, 3], keep: [0, 2] })).toEqual({ indices: [0, 2, 3, 5], extents: [2, 2] });
  });

  test('is composed when it shrinks again', () => {
    const resized = layers.Input.resize!(
      { shape: [9], keep: [8, 1, 5] },
      {
        outputs: [[0, 2]],
        part: () => [],
        sizes: [3],
        inputPositions: () => [],
        inputSize: () => 0,
        inputExtents: [],
        outputExtents: [[2]],
        needsBias: false,
        features: () => undefined,
      },
    );
    expect(resized).toEqual({ keep: [8, 5] });
  });
});
