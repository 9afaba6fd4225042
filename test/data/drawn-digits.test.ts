import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { drawDigits } from '../../src/data/digits.js';
import { sources } from '../../src/data/index.js';
import { numbersIn } from './numbers.js';
import { trainAndTest } from './trainer.js';

test.each([1, 2, 3])('seed %i: too hard for a linear model, easy for a small network', (seed) => {
  const train = drawDigits('train', seed, 8000);
  const held = drawDigits('test', seed, 2000);
  const linear = trainAndTest(train, held, { hidden: 0, epochs: 5, learningRate: 1e-2, seed });
  const network = trainAndTest(train, held, { hidden: 64, epochs: 5, learningRate: 5e-3, seed });
  console.log(
    `drawn_digits, seed ${seed}: linear ${(100 * linear).toFixed(2)} %, 64 hidden units ${(100 * network).toFixed(2)} %`,
  );
  // Not trivial either: a model that has learnt nothing is at 10 %.
  expect(linear).toBeGreaterThan(0.8);
  expect(linear).toBeLessThan(0.93);
  expect(network).toBeGreaterThan(0.97);
});

test('a row depends on seed, part and its number only', () => {
  const few = drawDigits('train', 5, 20);
  const many = drawDigits('train', 5, 50);
  expect([...many.images.subarray(0, 20 * 784)]).toEqual([...few.images]);
  expect([...many.labels.subarray(0, 20)]).toEqual([...few.labels]);
  expect([...drawDigits('test', 5, 20).labels]).not.toEqual([...few.labels]);
  expect([...drawDigits('train', 6, 20).labels]).not.toEqual([...few.labels]);
});

test('the same bits on every platform', () => {
  const { images, labels } = drawDigits('train', 0, 200);
  expect(createHash('sha256').update(images).update(labels).digest('hex')).toMatchInlineSnapshot(
    `"532a4cb0e1c270cf9f13402970669f7a1a58eee68e0a155a986da5d9764e4d63"`,
  );
});

test('every digit comes up, every image has ink and clean paper', () => {
  const { images, labels } = drawDigits('train', 0, 2000);
  const counts = new Int32Array(10);
  for (const label of labels) counts[label]! += 1;
  for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(70);
  for (let row = 0; row < labels.length; row++) {
    const ink = images.subarray(row * 784, (row + 1) * 784).reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
    expect(ink > 20 && ink < 500).toBe(true);
  }
});

test('the source: two parts, pixels in the range that was asked for', async () => {
  const place = { dataFolder: undefined, specFolder: '.' };
  const args = { train: 30, test: 20, seed: 1, range: [0, 1] };
  const { train, test: held } = await sources.drawn_digits.read(args, place);
  const described = sources.drawn_digits.describe!(args)!;
  for (const [table, rows] of [
    [train, 30],
    [held!, 20],
  ] as const) {
    expect(table.rows).toBe(rows);
    expect(table.fields.map(({ data: _, ...field }) => field)).toEqual(described.fields);
    expect(table.fields.map(({ data }) => numbersIn({ data }).length)).toEqual([rows * 784, rows]);
    const brightest = Math.max(...(table.fields[0]!.data as Float32Array));
    expect(brightest > 0.8 && brightest <= 1).toBe(true);
  }
  const bytes = await sources.drawn_digits.read({ ...args, range: [0, 255] }, place);
  const [unit, byte] = [train, bytes.train].map(({ fields }) => numbersIn(fields[0]!));
  expect(byte!.every((value, k) => Number.isInteger(value) && Math.fround(value / 255) === unit![k])).toBe(true);
});
