import { describe, expect, test } from 'vitest';
import { type AugmentChoices, move } from '../../src/data/augment.js';
import { augmentations } from '../../src/data/augmentations/index.js';
import { Batches } from '../../src/data/batches.js';
import { bind, type Readers } from '../../src/data/bind.js';
import type { Field, Table } from '../../src/data/source.js';
import { select } from '../../src/data/splits.js';
import type { Call } from '../../src/ir/kind.js';
import { Stream } from '../../src/random/streams.js';
import { failureOf } from './failure.js';
import { numbersIn } from './numbers.js';

const [HEIGHT, WIDTH] = [4, 5];
const SIZE = HEIGHT * WIDTH;

/** Six pictures whose pixels are all different, a mask, and the same as a field of another shape. */
function pictures(rows = 6): Table {
  const image: Field = {
    name: 'image',
    shape: [HEIGHT, WIDTH, 1],
    form: 'values',
    data: Float32Array.from({ length: rows * SIZE }, (_, k) => k + 1),
  };
  const mask: Field = { ...image, name: 'mask', data: numbersIn(image).map((value) => value % 2) };
  const facts: Field = { name: 'facts', shape: [2], form: 'values', data: new Float32Array(2 * rows) };
  const label: Field = { name: 'label', shape: [], form: 'classes', classes: 2, data: new Int32Array(rows) };
  return { rows, fields: [image, mask, facts, label], target: 'label', files: [] };
}

const shift: Call = { word: 'shift', arguments: { pixels: 2, direction: 'both', outside: 0 } };
const rotate: Call = { word: 'rotate', arguments: { degrees: 30, outside: 'edge' } };
const flip: Call = { word: 'flip', arguments: { direction: 'both' } };
const crop: Call = { word: 'crop', arguments: { share: 0.6 } };

const IMAGE: Readers['inputs'][number] = { name: 'image', extents: [SIZE] };
const LABEL = { name: 'y', extents: [2], form: 'classes' } as const;

function bound(augment: AugmentChoices, more: Partial<Readers> = {}, table = pictures()) {
  return bind({ inputs: [IMAGE], outputs: [LABEL], ...more, data: { augment, ...more.data } }, table);
}

/** Rows of a tensor in an epoch, by the row of the table that they are. */
function epochRows(of: ReturnType<typeof bound>, epoch: number, options: { batchSize?: number; name?: string } = {}) {
  const { batchSize = 4, name = 'image' } = options;
  const batches = new Batches(of, { batchSize, seed: 7 });
  const inOrder = new Batches({ rows: of.rows, tensors: [numberOf(of.rows)] }, { batchSize, seed: 7 });
  batches.begin(epoch);
  inOrder.begin(epoch);
  const rows = new Map<number, number[]>();
  for (let step = 0; step < batches.steps; step++) {
    const { data, shape } = batches.read(step).inputs[name]!;
    const width = data.length / shape[0]!;
    const numbers = inOrder.read(step).inputs.row!.data;
    numbers.forEach((row, k) => void rows.set(row, [...data.slice(k * width, (k + 1) * width)]));
  }
  return Array.from({ length: of.rows }, (_, row) => rows.get(row)!);
}

function numberOf(rows: number) {
  return { name: 'row', extents: [], width: 1, data: Int32Array.from({ length: rows }, (_, k) => k), rows: undefined };
}

/** What a row must be, from the definition: random number j of row r is uniform(r · draws + j) of its stream. */
function expected(row: number, calls: readonly Call[], epoch: number, data: readonly number[]): number[] {
  let picture = Float32Array.from(data);
  calls.forEach(({ word, arguments: args }, k) => {
    const kind = augmentations[word as 'shift'];
    const stream = Stream.named(`augment.image.${k}.${word}`, { seed: 7, epoch });
    const movement = kind.movement(args as never, { height: HEIGHT, width: WIDTH }, (j) =>
      stream.uniform(row * kind.draws + j),
    );
    const next = new Float32Array(SIZE);
    if (movement) move(picture, next, [HEIGHT, WIDTH, 1], movement, 'bilinear');
    picture = movement ? next : picture;
  });
  return [...picture];
}

describe('movements', () => {
  const image = Float32Array.from({ length: 9 }, (_, k) => k + 1);
  const moved = (word: keyof typeof augmentations, args: object, draws: readonly number[]) => {
    const movement = augmentations[word].movement(args as never, { height: 3, width: 3 }, (k) => draws[k]!);
    if (!movement) return undefined;
    const result = new Float32Array(9);
    move(image, result, [3, 3, 1], movement, 'bilinear');
    return [...result];
  };
  const both = { pixels: 1, direction: 'both', outside: 0 };

  test('shift: by whole pixels, nothing, or what is at the edge', () => {
    expect(moved('shift', both, [0.9, 0.5])).toEqual([0, 0, 0, 1, 2, 3, 4, 5, 6]);
    expect(moved('shift', both, [0.5, 0.1])).toEqual([2, 3, 0, 5, 6, 0, 8, 9, 0]);
    expect(moved('shift', both, [0.5, 0.5])).toBeUndefined();
    expect(moved('shift', { ...both, outside: 'edge' }, [0.9, 0.9])).toEqual([1, 1, 2, 1, 1, 2, 4, 4, 5]);
    expect(moved('shift', { ...both, direction: 'horizontal', outside: -1 }, [0.9, 0.9])).toEqual([
      -1, 1, 2, -1, 4, 5, -1, 7, 8,
    ]);
  });

  test('flip: left and right, top and bottom, each every second time', () => {
    expect(moved('flip', { direction: 'horizontal' }, [0.4, 0.4])).toEqual([3, 2, 1, 6, 5, 4, 9, 8, 7]);
    expect(moved('flip', { direction: 'vertical' }, [0.4, 0.4])).toEqual([7, 8, 9, 4, 5, 6, 1, 2, 3]);
    expect(moved('flip', { direction: 'both' }, [0.4, 0.4])).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(moved('flip', { direction: 'both' }, [0.5, 0.9])).toBeUndefined();
  });

  test('crop: the least part, in a corner, and nearly the whole', () => {
    // A third of each side, stretched: the corner pixel, which goes over into nothing else at the edge.
    const corner = moved('crop', { share: 1 / 3 }, [0, 0, 0])!;
    expect(corner[0]).toBe(1);
    expect(corner[4]).toBeCloseTo(1, 6);
    expect(corner[8]).toBeCloseTo(1 + (1 + 3) / 3, 6);
    const whole = moved('crop', { share: 0.5 }, [1 - 2 ** -24, 0.5, 0.5])!;
    whole.forEach((value, k) => void expect(value).toBeCloseTo(k + 1, 5));
  });

  test('rotate: a quarter of a turn is exact, a small one stays near', () => {
    expect(moved('rotate', { degrees: 180, outside: 0 }, [0.75])).toEqual([3, 6, 9, 2, 5, 8, 1, 4, 7]);
    expect(moved('rotate', { degrees: 180, outside: 0 }, [0])!.map((value) => Math.round(value))).toEqual([
      9, 8, 7, 6, 5, 4, 3, 2, 1,
    ]);
    const small = moved('rotate', { degrees: 1, outside: 'edge' }, [0.9])!;
    small.forEach((value, k) => void expect(Math.abs(value - (k + 1))).toBeLessThan(0.1));
    expect(small).not.toEqual([...image]);
  });

  test('whole pixels, in any direction: what the definition gives pixel by pixel', () => {
    const [height, width, channels] = [3, 4, 2];
    const from = Float32Array.from({ length: height * width * channels }, (_, k) => k + 1);
    const signs = [1, -1];
    const starts = [-9, -4, -3, -1, 0, 1, 2, 3, 5, 11];
    for (const down of signs)
      for (const across of signs)
        for (const y0 of starts)
          for (const x0 of starts)
            for (const outside of [-5, 'edge'] as const) {
              const found = new Float32Array(from.length);
              move(
                from,
                found,
                [height, width, channels],
                { y: [down, 0, y0], x: [0, across, x0], outside },
                'bilinear',
              );
              const expected = Array.from(found, (_, k) => {
                const [row, column, channel] = [Math.floor(k / 8), (k >> 1) % 4, k % 2];
                const [y, x] = [down * row + y0, across * column + x0];
                if (outside !== 'edge' && (y < 0 || x < 0 || y >= height || x >= width)) return outside;
                const [inside, beside] = [Math.min(height - 1, Math.max(0, y)), Math.min(width - 1, Math.max(0, x))];
                return from[(inside * width + beside) * channels + channel]!;
              });
              expect([...found], `${down} ${across} ${y0} ${x0} ${outside}`).toEqual(expected);
            }
  });

  test('between pixels a mask has the numbers of the nearest', () => {
    const result = new Float32Array(9);
    move(image, result, [3, 3, 1], { y: [1, 0, 0.4], x: [0, 1, -0.6], outside: 0 }, 'nearest');
    expect([...result]).toEqual([0, 1, 2, 0, 4, 5, 0, 7, 8]);
  });
});

describe('in batches', () => {
  const all = [shift, flip, crop, rotate];

  test('training rows change by their streams; no other reading does', () => {
    const table = bound(all);
    const plain = Array.from({ length: 6 }, (_, row) => Array.from({ length: SIZE }, (_, k) => row * SIZE + k + 1));
    const found = epochRows(table, 3);
    found.forEach((row, k) => void expect(row).toEqual(expected(k, all, 3, plain[k]!)));
    expect(found).not.toEqual(plain);
    expect(epochRows(table, 4)).not.toEqual(found);
    const evaluation = new Batches(table, { batchSize: 6 });
    expect([...evaluation.read(0).inputs.image!.data]).toEqual(plain.flat());
  });

  test('the same whatever the batch, and when an epoch is gone on with in its middle', () => {
    const whole = epochRows(bound(all), 2, { batchSize: 6 });
    expect(epochRows(bound(all), 2, { batchSize: 1 })).toEqual(whole);
    const [before, after] = [0, 1].map(() => new Batches(bound(all), { batchSize: 2, seed: 7 }));
    before!.begin(1);
    before!.read(0);
    before!.begin(2);
    const parts = [0, 1, 2].map((step) => [...before!.read(step).inputs.image!.data]);
    after!.begin(2);
    expect([...after!.read(2).inputs.image!.data]).toEqual(parts[2]);
  });

  test('the same row whatever the split: numbers are those of the row that the source read', () => {
    const whole = epochRows(bound(all), 5);
    const part = epochRows(bound(all, {}, select(pictures(), Int32Array.of(1, 4, 5))), 5);
    expect(part).toEqual([whole[1], whole[4], whole[5]]);
  });

  test('an input that keeps some features has those of the changed picture', () => {
    const keep = [0, 7, 19];
    const whole = epochRows(bound(all), 1);
    const kept = bound(all, { inputs: [{ ...IMAGE, keep }] });
    expect(epochRows(kept, 1)).toEqual(whole.map((row) => keep.map((k) => row[k])));
  });

  test('a target that is a picture is moved along: a mask by its nearest pixels, the input itself exactly', () => {
    const output = { name: 'mask', extents: [SIZE], form: 'values' } as const;
    const name = 'target:mask';
    const own = bound(all, { outputs: [output], data: { augment: all, target: 'image' } });
    expect(epochRows(own, 1, { name })).toEqual(epochRows(own, 1));
    const masks = epochRows(
      bound([shift, rotate], { outputs: [output], data: { augment: [shift, rotate], target: 'mask' } }),
      1,
      { name },
    );
    expect(new Set(masks.flat())).toEqual(new Set([0, 1]));
    // Shifts alone keep masks and pictures together pixel by pixel.
    const shifted = bound([shift], { outputs: [output], data: { augment: [shift], target: 'mask' } });
    expect(epochRows(shifted, 1, { name })).toEqual(epochRows(shifted, 1).map((row) => row.map((value) => value % 2)));
  });

  test('by input; several pictures move each on its own', () => {
    const inputs = [IMAGE, { name: 'mask', extents: [SIZE] }];
    const one = bound({ image: [shift] }, { inputs });
    expect(one.tensors.map(({ augmented }) => augmented?.input)).toEqual(['image', undefined, undefined]);
    const both = bound([shift], { inputs });
    expect(epochRows(both, 1).map((row) => row.map((value) => value % 2))).not.toEqual(
      epochRows(both, 1, { name: 'mask' }),
    );
  });

  test('what is no picture is refused', async () => {
    const facts = { name: 'facts', extents: [2] };
    const text = (augment: AugmentChoices, more: Partial<Readers>) =>
      failureOf(() => bound(augment, more)).then((one) => one.text);
    expect(await text({ facts: [shift] }, { inputs: [facts] })).toBe(
      'augment-field: the rows of facts cannot be augmented: a row of it is 2 numbers and no picture, which is height × width × channels',
    );
    expect(await text([shift], { inputs: [facts] })).toMatch(/none of their rows is a picture/);
    expect(await text({ imag: [shift] }, {})).toMatch(/imag cannot be augmented: the model has no such input/);
    const inputs = [IMAGE, { name: 'mask', extents: [SIZE] }];
    const picture = { name: 'again', extents: [SIZE], form: 'values' } as const;
    const table = pictures();
    const third: Table = { ...table, fields: [...table.fields, { ...table.fields[0]!, name: 'again' }] };
    const unclear = () =>
      bound([shift], { inputs, outputs: [picture], data: { augment: [shift], target: 'again' } }, third);
    expect((await failureOf(unclear)).text).toMatch(
      /the target again is a picture, too, and it is not clear with which/,
    );
  });

  test('a list passes over inputs that are no pictures', () => {
    const inputs = [IMAGE, { name: 'facts', extents: [2] }];
    expect(bound([shift], { inputs }).tensors.map(({ augmented }) => augmented?.input)).toEqual([
      'image',
      undefined,
      undefined,
    ]);
  });
});
