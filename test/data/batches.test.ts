import { expect, test } from 'vitest';
import { Batches } from '../../src/data/batches.js';
import { bind, type BoundTable } from '../../src/data/bind.js';
import { PickedRows } from '../../src/data/picked-rows.js';
import { shuffle } from '../../src/random/permutation.js';
import { numbersIn } from './numbers.js';

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

const seed = Number(process.env.DNC_TEST_SEED ?? 1 + Math.floor(Math.random() * 1e6));

/** Tensors of many widths around the one from which rows are copied as a whole, with and without rows of their own. */
function random(rows: number): BoundTable {
  const stored = rows + 5;
  let state = seed;
  const below = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const selection = Int32Array.from({ length: rows }, () => below(stored));
  const tensors = [1, 2, 15, 16, 17, 64].flatMap((width) =>
    [undefined, selection].flatMap((rows) =>
      [Float32Array, Int32Array].map((Kind) => ({
        name: `${width} ${rows ? 'selected' : 'all'} ${Kind.name}`,
        extents: width === 1 ? [] : [width],
        width,
        data: new Kind(stored * width).map(() => below(1e6)),
        rows,
      })),
    ),
  );
  return { rows, tensors };
}

test.each([undefined, 3])(`picked rows are those of the table, however they are read, seed ${seed}`, (shuffled) => {
  const table = random(37);
  const batches = new Batches(table, { batchSize: 8, ...(shuffled !== undefined && { seed: shuffled }) });
  let looked = 0;
  for (let epoch = 0; epoch < 3; epoch++) {
    batches.begin(epoch);
    const order =
      shuffled === undefined ? Array.from({ length: 37 }, (_, k) => k) : shuffle(37, shuffled, epoch).fill();
    for (let step = 0; step < batches.steps; step++) {
      const { inputs, rows } = batches.read(step);
      expect(rows).toBe(step === 4 ? 5 : 8);
      for (const { name, width, data, rows: own } of table.tensors) {
        const input = inputs[name] as PickedRows;
        expect(input).toBeInstanceOf(PickedRows);
        const wanted = Array.from({ length: rows }, (_, k) => {
          const row = order[8 * step + k]!;
          const start = (own ? own[row]! : row) * width;
          return [...numbersIn({ data }).subarray(start, start + width)];
        });
        const part = input.data
          .slice()
          .fill(-1)
          .subarray(0, (rows - 3) * width);
        input.gather(2, rows - 3, part);
        expect([...part], name).toEqual(wanted.slice(2, rows - 1).flat());
        // Some batches are not looked at: the next one must not be taken for one that was.
        if (looked++ % 3 === 0) continue;
        expect([...input.data], name).toEqual(wanted.flat());
        expect(input.data).toBe(input.data);
        expect(input.data.constructor).toBe(data.constructor);
      }
    }
  }
});

test('tensors whose rows are the same ones share their places', () => {
  const { inputs } = new Batches(random(10), { batchSize: 4 }).read(0);
  const places = Object.values(inputs).map((input) => (input as PickedRows).places);
  expect(new Set(places).size).toBe(2);
});

test('what training changes is copied and changed at once, what evaluation reads is picked', () => {
  const [height, width] = [4, 5];
  const size = height * width;
  const pictures = Float32Array.from({ length: 6 * size }, (_, k) => k);
  const table = bind(
    {
      data: { augment: [{ word: 'flip', arguments: { direction: 'both' } }] },
      inputs: [{ name: 'image', extents: [height, width, 1] }],
      outputs: [{ name: 'y', extents: [6], form: 'classes' }],
    },
    {
      rows: 6,
      target: 'y',
      files: [],
      fields: [
        { name: 'image', shape: [height, width, 1], form: 'values', data: pictures },
        { name: 'y', shape: [], form: 'classes', classes: 6, data: Int32Array.of(0, 1, 2, 3, 4, 5) },
      ],
    },
  );
  const training = new Batches(table, { batchSize: 4, seed });
  training.begin(0);
  for (let step = 0; step < training.steps; step++) {
    const { inputs } = training.read(step);
    expect(inputs.image).not.toBeInstanceOf(PickedRows);
    expect(inputs['target:y']).toBeInstanceOf(PickedRows);
    // Pictures and classes still belong together: a flip keeps a picture's numbers.
    for (const [k, label] of inputs['target:y']!.data.entries()) {
      const found = inputs.image!.data.slice(k * size, (k + 1) * size).sort();
      expect(found).toEqual(pictures.slice(label * size, (label + 1) * size));
    }
  }
  const { inputs } = new Batches(table, { batchSize: 4 }).read(1);
  expect(inputs.image).toBeInstanceOf(PickedRows);
  expect(inputs.image!.data).toEqual(pictures.subarray(4 * size));
});
