import { expect, test } from 'vitest';
import { Batches } from '../../src/data/batches.js';
import type { BoundTable } from '../../src/data/bind.js';
import { shuffle } from '../../src/random/permutation.js';

/** Rows whose wide tensor, narrow tensor and label all hold the row's number; the wide one is read through a selection. */
function bound(rows: number, width = 20): BoundTable {
  const reversed = Int32Array.from({ length: rows }, (_, row) => rows - 1 - row);
  const wide = Float32Array.from({ length: rows * width }, (_, k) => rows - 1 - Math.floor(k / width));
  return {
    rows,
    tensors: [
      { name: 'wide', extents: [4, width / 4], width, data: wide, rows: reversed },
      {
        name: 'narrow',
        extents: [2],
        width: 2,
        data: Float32Array.from({ length: 2 * rows }, (_, k) => k >> 1),
        rows: undefined,
      },
      {
        name: 'target:y',
        extents: [],
        width: 1,
        data: Int32Array.from({ length: rows }, (_, k) => k),
        rows: undefined,
      },
    ],
  };
}

/** The row numbers of a batch; all its tensors must agree on them. */
function rowsOf({ rows, inputs }: ReturnType<Batches['read']>): number[] {
  const labels = [...inputs['target:y']!.data];
  expect(labels.length).toBe(rows);
  expect([...inputs.wide!.data]).toEqual(labels.flatMap((label) => Array(20).fill(label)));
  expect([...inputs.narrow!.data]).toEqual(labels.flatMap((label) => [label, label]));
  expect([inputs.wide!.shape, inputs.narrow!.shape, inputs['target:y']!.shape]).toEqual([
    [rows, 4, 5],
    [rows, 2],
    [rows],
  ]);
  return labels;
}

test('without a seed the rows come in their order, the last batch short', () => {
  const batches = new Batches(bound(10), { batchSize: 4 });
  expect(batches.steps).toBe(3);
  expect([0, 1, 2].map((step) => rowsOf(batches.read(step)))).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [8, 9],
  ]);
  expect(rowsOf(new Batches(bound(3), { batchSize: 100 }).read(0))).toEqual([0, 1, 2]);
  expect(rowsOf(new Batches(bound(8), { batchSize: 4 }).read(1))).toEqual([4, 5, 6, 7]);
});

test('with a seed every epoch is a permutation of its own, the same whenever it is read', () => {
  const batches = new Batches(bound(103), { batchSize: 10, seed: 7 });
  const epoch = (number: number) => {
    batches.begin(number);
    return Array.from({ length: batches.steps }, (_, step) => rowsOf(batches.read(step))).flat();
  };
  const [zero, one] = [epoch(0), epoch(1)];
  expect(zero).toEqual([...shuffle(103, 7, 0).fill()]);
  expect(one).not.toEqual(zero);
  expect(epoch(0)).toEqual(zero);
  // A resumed run begins in the middle of an epoch.
  const resumed = new Batches(bound(103), { batchSize: 10, seed: 7 });
  resumed.begin(1);
  expect(rowsOf(resumed.read(6))).toEqual(one.slice(60, 70));
});

test('memory is taken once', () => {
  const batches = new Batches(bound(10), { batchSize: 4 });
  const [first, second] = [batches.read(0), batches.read(1)];
  expect(second).toBe(first);
  expect(batches.read(2).inputs.wide!.data.buffer).toBe(first.inputs.wide!.data.buffer);
});

test('mistakes', () => {
  expect(() => new Batches(bound(10), { batchSize: 0 })).toThrow('a batch of 0 rows');
  expect(() => new Batches(bound(10), { batchSize: 4, seed: 1 }).read(0)).toThrow('after begin(epoch)');
  expect(() => new Batches(bound(10), { batchSize: 4 }).read(3)).toThrow('batch 3 of 3');
  expect(new Batches(bound(0), { batchSize: 4 }).steps).toBe(0);
});
