import { readdirSync, readFileSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Batches } from '../../src/data/batches.js';
import { bind } from '../../src/data/bind.js';
import { featureStatistics } from '../../src/data/feature-statistics.js';
import { stayInFiles } from '../../src/data/images.js';
import { sources } from '../../src/data/index.js';
import { rangeOf, TrainingRows } from '../../src/data/inspect.js';
import { type DataChoices, readData } from '../../src/data/read.js';
import type { Field, Table } from '../../src/data/source.js';
import { memoryForRows } from '../../src/data/row-memory.js';
import { RowCursor, StoredRows } from '../../src/data/stored-rows.js';
import type { Call } from '../../src/ir/kind.js';
import type { Program } from '../../src/program/program.js';
import { RandomInputs } from '../../src/runtime/training/random-inputs.js';
import { StepInputs } from '../../src/runtime/training/step-inputs.js';
import { failureOf } from './failure.js';
import { idxBytes, temporaryFolder } from './idx-files.js';
import { numbersIn } from './numbers.js';

const numpy = join(import.meta.dirname, 'numpy');

const place = (specFolder: string, memory?: number) => ({
  dataFolder: undefined,
  specFolder,
  ...(memory !== undefined && { memory }),
});

/** An NPY file of 32-bit numbers. */
function npyBytes(shape: readonly number[], data: Float32Array | Int32Array): Uint8Array {
  const descr = data instanceof Int32Array ? '<i4' : '<f4';
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.map((one) => `${one},`).join(' ')}), }`;
  const line = `${text.padEnd(117)}\n`;
  const head = [0x93, ...Buffer.from('NUMPY'), 1, 0, line.length & 255, line.length >> 8, ...Buffer.from(line)];
  return Buffer.concat([Uint8Array.from(head), new Uint8Array(data.buffer)]);
}

function storedIn(field: Field): StoredRows {
  expect(field.data).toBeInstanceOf(StoredRows);
  return field.data as StoredRows;
}

/** Bytes that are held of the files now. */
function heldBy(rows: StoredRows): number {
  return (rows as unknown as { readonly block: Uint8Array }).block.length;
}

/** All rows of a field, read in an order. */
function readAll(field: Field, order?: readonly number[]): Float32Array {
  const stored = storedIn(field);
  const all = new Float32Array(stored.rows * stored.width);
  for (const row of order ?? Array.from({ length: stored.rows }, (_, k) => k))
    stored.read(row, all, row * stored.width);
  return all;
}

const bits = (numbers: Float32Array | Int32Array) => Buffer.from(numbers.slice().buffer).toString('hex');

describe('rows that stay in their files', () => {
  test('are those of the files read whole, for every type of elements that numpy writes', async () => {
    let found = 0;
    for (const name of readdirSync(numpy).filter((one) => one.endsWith('.npy'))) {
      const read = (memory: number) => sources.npy.read({ features: [name] }, place(numpy, memory));
      let whole: Table;
      try {
        whole = (await read(Number.POSITIVE_INFINITY)).train;
      } catch {
        // What is refused is refused alike.
        expect(await failureOf(() => read(0))).toEqual(await failureOf(() => read(Number.POSITIVE_INFINITY)));
        continue;
      }
      const { train } = await read(0);
      expect({ ...train, fields: train.fields.map(({ data: _, ...field }) => field) }).toEqual({
        ...whole,
        fields: whole.fields.map(({ data: _, ...field }) => field),
      });
      // Where the first index is the fastest no row lies in one piece.
      if (/fortran-[23]/.test(name)) expect(train.fields[0]!.data).not.toBeInstanceOf(StoredRows);
      else expect(bits(readAll(train.fields[0]!))).toBe(bits(numbersIn(whole.fields[0]!)));
      found += 1;
    }
    expect(found).toBeGreaterThan(15);
  });

  test('are those of IDX files of any type, one or several, in any order, with a bounded block', async () => {
    const folder = temporaryFolder();
    const sizes: Readonly<Record<number, number>> = { 8: 1, 9: 1, 11: 2, 12: 4, 13: 4, 14: 8 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
        fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 })),
        fc.constantFrom(...Object.keys(sizes).map(Number)),
        fc.constantFrom([0, 1], [0, 255]),
        fc.infiniteStream(fc.nat(255)),
        async (counts, [height, width], type, range, bytes) => {
          const files = counts.map((rows, k) => {
            const count = rows * height * width * sizes[type]!;
            // Whole numbers and floats of these first bytes are finite.
            const elements = Array.from({ length: count }, (_, at) => {
              const byte = bytes.next().value!;
              return type > 9 && at % sizes[type]! === 0 ? byte & 0x3f : byte;
            });
            writeFileSync(join(folder, `images-${k}`), idxBytes([rows, height, width], elements, type));
            return `images-${k}`;
          });
          const rows = counts.reduce((sum, count) => sum + count, 0);
          writeFileSync(join(folder, 'labels'), idxBytes([rows], new Array(rows).fill(1)));
          const read = (memory: number) =>
            sources.idx.read({ images: files, labels: ['labels'], range }, place(folder, memory));
          const [{ train: whole }, { train }] = [await read(4 * rows * height * width), await read(1)];
          expect(train.files).toEqual(whole.files);
          expect({ ...train.fields[0]!, data: 0 }).toEqual({ ...whole.fields[0]!, data: 0 });
          const order = Array.from({ length: rows }, (_, k) => (k * 7 + 3) % rows);
          for (const way of [undefined, rows % 7 === 0 ? undefined : order])
            expect(bits(readAll(train.fields[0]!, way))).toBe(bits(numbersIn(whole.fields[0]!)));
        },
      ),
      { numRuns: 25 },
    );
  });

  test('are those of IDX files that take more than the memory, or cannot be read whole however much there is', () => {
    const GIB = 2 ** 30;
    const much = Number.POSITIVE_INFINITY;
    const bytes = (...sizes: number[]) => sizes.map((size) => ({ bytes: 16 + size, elements: size }));
    expect(stayInFiles(bytes(100), 400)).toBe(false);
    expect(stayInFiles(bytes(100, 1), 400)).toBe(true);
    expect(stayInFiles(bytes(GIB - 16), much)).toBe(false);
    expect(stayInFiles(bytes(GIB - 15), much)).toBe(true);
    // Each can be read, all of them are more than one array holds.
    expect(stayInFiles(bytes(GIB / 2, GIB / 2), much)).toBe(false);
    expect(stayInFiles(bytes(GIB / 2, GIB / 2, 1), much)).toBe(true);
    // Of eight bytes each.
    expect(stayInFiles([{ bytes: GIB + 8, elements: GIB / 8 }], much)).toBe(true);
  });

  test('hold one block of a file, or one row, whatever the rows', async () => {
    const folder = temporaryFolder();
    const [rows, width] = [3000, 500];
    writeFileSync(
      join(folder, 'x.npy'),
      npyBytes(
        [rows, width],
        Float32Array.from({ length: rows * width }, (_, k) => k),
      ),
    );
    const { train } = await sources.npy.read({ features: ['x.npy'] }, place(folder, 1));
    const stored = storedIn(train.fields[0]!);
    const row = new Float32Array(width);
    for (const at of [5, 9, 2999, 0, 17]) {
      stored.read(at, row, 0);
      expect([row[0], row[width - 1]]).toEqual([at * width, (at + 1) * width - 1].map(Math.fround));
    }
    expect(heldBy(stored)).toBe(4 * width);
    let most = 0;
    for (let at = 0; at < rows; at++) {
      stored.read(at, row, 0);
      expect(row[0]).toBe(Math.fround(at * width));
      most = Math.max(most, heldBy(stored));
    }
    expect(most).toBeLessThanOrEqual(2 ** 20);
    expect(4 * rows * width).toBeGreaterThan(5 * 2 ** 20);
  });

  test('members of an archive that is not packed stay in it; packed ones and targets are read whole', async () => {
    const read = (name: string, memory: number) => sources.npz.read({ files: [name] }, place(numpy, memory));
    const isStored = (table: Table) => table.fields.map(({ data }) => data instanceof StoredRows);
    let [stayed, packed] = [0, 0];
    for (const name of readdirSync(numpy).filter((one) => one.endsWith('.npz'))) {
      let whole: Table;
      try {
        whole = (await read(name, Number.POSITIVE_INFINITY)).train;
      } catch {
        continue;
      }
      const { train } = await read(name, 0);
      for (const [k, field] of train.fields.entries()) {
        const numbers = field.data instanceof StoredRows ? readAll(field) : field.data;
        expect(bits(numbers)).toBe(bits(numbersIn(whole.fields[k]!)));
        if (field.name === train.target) expect(field.data).not.toBeInstanceOf(StoredRows);
      }
      if (isStored(train).some(Boolean)) stayed += 1;
      else packed += 1;
    }
    expect(Math.min(stayed, packed)).toBeGreaterThan(0);
  });

  test('how much is held is a share of the memory, or what DNC_DATA_MEMORY says', async () => {
    expect(memoryForRows({ DNC_DATA_MEMORY: '1000' })).toBe(1000);
    expect(memoryForRows({ DNC_DATA_MEMORY: '' })).toBe(memoryForRows({}));
    for (const given of ['much', '4GB', '0', '-5', '1.5', ' 7', '9'.repeat(20)]) {
      const { text, exit } = await failureOf(() => memoryForRows({ DNC_DATA_MEMORY: given }));
      expect(text).toBe(`data-memory: DNC_DATA_MEMORY is \`${given}\`; it takes a whole number of bytes, at least 1`);
      expect(exit).toBe(4);
    }
    expect(memoryForRows({})).toBeGreaterThan(2 ** 20);
  });
});

const [HEIGHT, WIDTH] = [6, 5];
const SIZE = HEIGHT * WIDTH;

/** Pictures as an NPY file, two of them alike, and class numbers. */
function pictures(folder: string, rows: number): void {
  const data = Float32Array.from({ length: rows * SIZE }, (_, k) => Math.sin(k * k));
  data.copyWithin(SIZE * (rows - 1), 0, SIZE);
  writeFileSync(join(folder, 'x.npy'), npyBytes([rows, HEIGHT, WIDTH, 1], data));
  writeFileSync(
    join(folder, 'y.npy'),
    npyBytes(
      [rows],
      Int32Array.from({ length: rows }, (_, k) => k % 3),
    ),
  );
}

const AUGMENT: readonly Call[] = [
  { word: 'rotate', arguments: { degrees: 20, outside: 'edge' } },
  { word: 'shift', arguments: { pixels: 1, direction: 'both', outside: 0 } },
];

async function openPictures(folder: string, memory: number, choices: Partial<DataChoices> = {}, keep?: number[]) {
  const source: Call = { word: 'npy', arguments: { features: ['x.npy'], target: ['y.npy'] } };
  const data = { source, seed: 3, validation: { word: 'count', arguments: { rows: 5 } }, ...choices } as DataChoices;
  const ends = { inputs: ['x'], outputs: ['y'] };
  const rows = await readData(data, place(folder, memory), { ends, classes: { y: true } });
  const readers = {
    data,
    inputs: [{ name: 'x', extents: [SIZE], ...(keep && { keep }) }],
    outputs: [{ name: 'y', extents: [3], form: 'classes' as const }],
  };
  return { rows, train: bind(readers, rows.train), validation: bind(readers, rows.validation!) };
}

/** Everything that an epoch of a table reads. */
async function epochBits(
  table: Awaited<ReturnType<typeof openPictures>>['train'],
  epoch: number,
  ahead: boolean,
  note = (_: string) => {},
) {
  const batches = new Batches(table, { batchSize: 4, seed: 9 });
  const none = new RandomInputs({ inputs: [], values: [] } as unknown as Program, 9);
  const inputs = new StepInputs(batches, none, { seed: 9, ahead, note });
  try {
    const read: unknown[] = [];
    for (let step = 0; step < batches.steps; step++) {
      const one = await inputs.read({ epoch, step });
      read.push(Object.entries(one.inputs).map(([name, { shape, data }]) => [name, shape, bits(data as Float32Array)]));
    }
    return { read, isAhead: inputs.isAhead };
  } finally {
    await inputs.close();
  }
}

describe('what reads such rows', () => {
  const variants: readonly [string, Partial<DataChoices>, number[] | undefined][] = [
    ['as they are', {}, undefined],
    ['standardized', { standardize: true }, undefined],
    ['augmented', { augment: AUGMENT }, undefined],
    ['some of their numbers', { standardize: true }, [0, 7, 29]],
    ['some of their numbers, augmented', { augment: AUGMENT, standardize: true }, [0, 7, 29]],
  ];

  test.each(variants)('training and validation: %s', async (_, choices, keep) => {
    const folder = temporaryFolder();
    pictures(folder, 23);
    const whole = await openPictures(folder, Number.POSITIVE_INFINITY, choices, keep);
    const stored = await openPictures(folder, 1, choices, keep);
    expect(storedIn(stored.rows.train.fields[0]!).rows).toBe(23);
    expect(stored.rows.fitted).toEqual(whole.rows.fitted);
    expect(stored.rows.files).toEqual(whole.rows.files);
    for (const epoch of [0, 1, 6]) {
      const { read } = await epochBits(whole.train, epoch, false);
      expect((await epochBits(stored.train, epoch, false)).read).toEqual(read);
      const ahead = await epochBits(stored.train, epoch, true);
      expect(ahead.isAhead).toBe(true);
      expect(ahead.read).toEqual(read);
    }
    const [one, other] = [whole.validation, stored.validation].map((table) => {
      const { inputs } = new Batches(table, { batchSize: 5 }).read(0);
      return Object.values(inputs).map(({ data }) => bits(data as Float32Array));
    });
    expect(other).toEqual(one);
    // What is told of rows, and what stands beside weights.
    expect(featureStatistics(stored.train.tensors[0]!, 18)).toEqual(featureStatistics(whole.train.tensors[0]!, 18));
    const ranges = [whole, stored].map(({ rows: { train } }) => rangeOf(train.fields[0]!, train));
    expect(ranges[1]).toEqual(ranges[0]);
    const repeated = [whole, stored].map(({ train, validation }) => {
      const rows = new TrainingRows(train);
      return [rows.within, rows.repeatedIn(validation)];
    });
    expect(repeated[1]).toEqual(repeated[0]);
    const cursor = new RowCursor(stored.train.tensors[0]!);
    expect(cursor.seek(2).numbers).toHaveLength(keep?.length ?? SIZE);
  });

  test('a file that changes meanwhile ends training with the same message, whichever thread reads', async () => {
    for (const ahead of [false, true]) {
      const folder = temporaryFolder();
      pictures(folder, 23);
      const { train } = await openPictures(folder, 1);
      pictures(folder, 24);
      utimesSync(join(folder, 'x.npy'), 1, 1);
      const notes: string[] = [];
      const { text, exit } = await failureOf(() => epochBits(train, 0, ahead, (note) => void notes.push(note)));
      // The thread says why it ends.
      expect(notes).toEqual(ahead ? [expect.stringContaining('(x.npy changed while it was read from)')] : []);
      expect([text, exit]).toEqual(['file-unreadable: x.npy cannot be read: it changed while it was read from', 4]);
    }
  });

  test('so does a file that is written over while it is open, though it is as long as before', async () => {
    const folder = temporaryFolder();
    pictures(folder, 23);
    const { rows } = await openPictures(folder, 1);
    const stored = storedIn(rows.train.fields[0]!);
    const numbers = new Float32Array(SIZE);
    for (const row of [3, 9]) stored.read(row, numbers, 0);
    const file = join(folder, 'x.npy');
    writeFileSync(file, readFileSync(file).fill(0, 128));
    utimesSync(file, 1, 1);
    const { text, exit } = await failureOf(() => stored.read(17, numbers, 0));
    expect([text, exit]).toEqual(['file-unreadable: x.npy cannot be read: it changed while it was read from', 4]);
  });

  test('files are opened once, however often their rows are scaled', async () => {
    const folder = temporaryFolder();
    pictures(folder, 23);
    const stored = storedIn((await openPictures(folder, 1)).rows.train.fields[0]!);
    const scaled = stored.scaled({ mean: new Array(SIZE).fill(1), deviation: new Array(SIZE).fill(2) });
    const [one, other] = [new Float32Array(SIZE), new Float32Array(SIZE)];
    stored.read(7, one, 0);
    // Were it opened again, it would not be found.
    unlinkSync(join(folder, 'x.npy'));
    scaled.read(7, other, 0);
    expect(other).toEqual(one.map((number) => (number - 1) / 2));
  });

  test('what needs all rows at once says so', async () => {
    const folder = temporaryFolder();
    pictures(folder, 23);
    const window = { length: 2, stride: 1, horizon: 0 };
    const { text, exit } = await failureOf(() => openPictures(folder, 1, { window } as Partial<DataChoices>));
    expect(text).toMatch(
      /^rows-in-files: the 2,760 bytes of features are more than what is held in memory, and `window` needs all of them at once/,
    );
    expect(exit).toBe(4);
    expect(readFileSync(join(folder, 'x.npy')).length).toBe(128 + 2760);
  });
});
