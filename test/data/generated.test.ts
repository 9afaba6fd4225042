import { describe, expect, test } from 'vitest';
import { drawGlyphs } from '../../src/data/glyphs.js';
import { sources } from '../../src/data/index.js';
import type { Table } from '../../src/data/source.js';
import { trainAndTest } from './trainer.js';
import { DIGITS } from '../../src/data/digits.js';
import { LETTERS } from '../../src/data/letters.js';
import { numbersIn } from './numbers.js';

const place = { dataFolder: undefined, specFolder: '.' };
const read = async (word: keyof typeof sources, args: object) => sources[word].read(args as never, place);
const dataOf = (table: Table, name: string) => table.fields.find((field) => field.name === name)!.data as Float32Array;

const ARGUMENTS = {
  drawn_characters: { train: 40, test: 20, seed: 3, range: [0, 1] },
  drawn_shapes: { train: 40, test: 20, side: 20, noise: 0.05, seed: 3 },
  sequences: { train: 40, test: 20, length: 20, vocabulary: 50, noise: 0.1, seed: 3 },
  two_views: { train: 40, test: 20, seed: 3, range: [0, 255] },
} as const;

describe.each(Object.entries(ARGUMENTS))('%s', (word, args) => {
  const source = word as keyof typeof ARGUMENTS;

  test('is what it says that it is', async () => {
    const { train, test } = await read(source, args);
    const { fields, target } = sources[source].describe!(args as never)!;
    for (const [table, rows] of [
      [train, 40],
      [test!, 20],
    ] as const) {
      expect(table.rows).toBe(rows);
      expect(table.target).toBe(target);
      expect(table.fields.map(({ data: _, ...field }) => field)).toEqual(fields);
      for (const { range, data } of table.fields) {
        if (!range) continue;
        expect(numbersIn({ data }).every((value) => value >= range[0] && value <= range[1])).toBe(true);
      }
      for (const { shape, data } of table.fields)
        expect(numbersIn({ data }).length).toBe(rows * shape.reduce((a, b) => a * b, 1));
    }
  });

  test('a row depends on the seed, the part and its number only', async () => {
    const [few, many, other] = await Promise.all(
      [args, { ...args, train: 60 }, { ...args, seed: 4 }].map((one) => read(source, one)),
    );
    for (const [k, field] of few!.train.fields.entries()) {
      expect([...numbersIn(many!.train.fields[k]!).subarray(0, numbersIn(field).length)]).toEqual([
        ...numbersIn(field),
      ]);
      expect([...numbersIn(other!.train.fields[k]!)]).not.toEqual([...numbersIn(field)]);
      expect([...numbersIn(few!.test!.fields[k]!)]).not.toEqual([
        ...numbersIn(field).subarray(0, numbersIn(field).length / 2),
      ]);
    }
  });
});

test('drawn_characters: guessing is at 2.8 %, a linear model behind a small network', () => {
  const glyphs = [...DIGITS, ...LETTERS];
  const draw = (part: string, rows: number) =>
    drawGlyphs({ stream: `drawn_characters.${part}`, seed: 1, rows, glyphs });
  const [train, held] = [draw('train', 5000), draw('test', 1000)];
  const counts = new Int32Array(36);
  for (const label of train.labels) counts[label]! += 1;
  for (const count of counts) expect(Math.abs(count - 5000 / 36)).toBeLessThan(60);
  const linear = trainAndTest(train, held, { hidden: 0, epochs: 3, learningRate: 1e-2, seed: 1 });
  const network = trainAndTest(train, held, { hidden: 64, epochs: 4, learningRate: 5e-3, seed: 1 });
  console.log(
    `drawn_characters: linear ${(100 * linear).toFixed(1)} %, 64 hidden units ${(100 * network).toFixed(1)} %`,
  );
  expect(linear).toBeGreaterThan(0.6);
  expect(network).toBeGreaterThan(0.85);
  expect(network).toBeGreaterThan(linear);
});

test('sequences: right by reading, not by counting words', async () => {
  const args = { train: 6000, test: 2000, length: 32, vocabulary: 100, noise: 0.05, seed: 0 };
  const { train, test } = await read('sequences', args);
  const rows = ({ rows }: Table) => Array.from({ length: rows }, (_, row) => row);
  const words = (table: Table, row: number) => [...dataOf(table, 'tokens').subarray(row * 32, (row + 1) * 32)];
  const labels = dataOf(train, 'label');
  // Naive Bayes: each word counts by its share of the words in rows of each label.
  const counts = [new Float64Array(100).fill(1), new Float64Array(100).fill(1)];
  for (const row of rows(train)) for (const word of words(train, row)) counts[labels[row]!]![word]! += 1;
  const [bad, good] = counts.map((all) => all.reduce((sum, one) => sum + one, 0) - all[0]!) as [number, number];
  const weight = (word: number) => (word === 0 ? 0 : Math.log(counts[1]![word]! / good / (counts[0]![word]! / bad)));
  const held = dataOf(test!, 'label');
  const share = (predict: (row: number) => number) =>
    rows(test!).filter((row) => predict(row) === held[row]).length / test!.rows;
  const byCounting = share((row) => (words(test!, row).reduce((sum, word) => sum + weight(word), 0) > 0 ? 1 : 0));
  const byReading = share((row) => {
    const text = words(test!, row);
    let sum = 0;
    for (const [k, word] of text.entries()) {
      if (word < 4 || word >= 24) continue;
      const isNegated = text.slice(Math.max(0, k - 3), k).some((one) => one === 2 || one === 3);
      sum += word < 14 !== isNegated ? 1 : -1;
    }
    return sum > 0 ? 1 : 0;
  });
  console.log(`sequences: by counting ${byCounting.toFixed(3)}, by reading ${byReading.toFixed(3)}`);
  expect(byCounting).toBeGreaterThan(0.55);
  expect(byCounting).toBeLessThan(0.68);
  expect(Math.abs(byReading - 0.95)).toBeLessThan(0.02);
  expect(Math.abs(held.reduce((sum, one) => sum + one, 0) / held.length - 0.5)).toBeLessThan(0.04);
  // Words from the first place on, then padding; 1 never comes.
  for (const row of rows(test!)) expect(words(test!, row).join(' ')).toMatch(/^([2-9] |[1-9]\d )+( ?0)*[\d ]*$/);
});

test('series: no better than the noise, and the formula that it says', async () => {
  const args = { rows: 4000, period: 24, season: 1, noise: 0.3, seed: 0 };
  const { train } = await read('series', args);
  const { fields } = sources.series.describe!(args as never)!;
  expect(train.fields.map(({ data: _, ...field }) => field)).toEqual(fields);
  const [value, driver] = ['value', 'driver'].map((name) => dataOf(train, name));
  const meanSquare = (error: (time: number) => number) => {
    let sum = 0;
    for (let time = 24; time < 4000; time++) sum += error(time) ** 2 / (4000 - 24);
    return Math.sqrt(sum);
  };
  const bend = (x: number) => x / (1 + Math.abs(x));
  const best = meanSquare((time) => {
    // The season goes on from the 100 rows that are not given.
    const season = Math.sin((2 * Math.PI * ((time + 100) % 24)) / 24);
    return (
      value![time]! - 0.6 * value![time - 1]! + 0.3 * value![time - 2]! - season - 1.5 * bend(2 * driver![time - 3]!)
    );
  });
  const persistence = meanSquare((time) => value![time]! - value![time - 1]!);
  console.log(`series: best ${best.toFixed(3)}, persistence ${persistence.toFixed(3)}`);
  expect(Math.abs(best - 0.3)).toBeLessThan(0.015);
  expect(persistence).toBeGreaterThan(2 * best);
  // Rows that are added change none before them.
  const longer = await read('series', { ...args, rows: 5000 });
  expect([...dataOf(longer.train, 'value').subarray(0, 4000)]).toEqual([...value!]);
});

test('drawn_shapes: a threshold does not find the shapes', async () => {
  const { train } = await read('drawn_shapes', { train: 300, test: 1, side: 32, noise: 0.05, seed: 0 });
  const [image, mask] = [dataOf(train, 'image'), dataOf(train, 'mask')];
  expect(new Set(mask)).toEqual(new Set([0, 1]));
  expect(image.every((value) => value >= 0 && value <= 1)).toBe(true);
  const ground = 1 - mask.reduce((sum, one) => sum + one, 0) / mask.length;
  expect(Math.abs(ground - 0.82)).toBeLessThan(0.02);
  const overlaps = [0.1, 0.15, 0.2, 0.25, 0.3].map((threshold) => {
    let [both, either] = [0, 0];
    for (let row = 0; row < train.rows; row++) {
      const pixels = image.subarray(row * 1024, (row + 1) * 1024);
      const middle = [...pixels].sort((a, b) => a - b)[512]!;
      pixels.forEach((value, k) => {
        const [found, is] = [Math.abs(value - middle) > threshold, mask[row * 1024 + k] === 1];
        if (found && is) both += 1;
        if (found || is) either += 1;
      });
    }
    return both / either;
  });
  const best = Math.max(...overlaps);
  console.log(`drawn_shapes: ground ${ground.toFixed(3)}, intersection over union by a threshold ${best.toFixed(3)}`);
  expect(best).toBeLessThan(0.75);
});

test('two_views: half of the pairs are the same digit; two facts matter', async () => {
  const { train } = await read('two_views', { train: 4000, test: 1, seed: 1, range: [0, 1] });
  const [facts, same, value] = ['facts', 'same', 'value'].map((name) => dataOf(train, name));
  expect(Math.abs(same!.reduce((sum, one) => sum + one, 0) / 4000 - 0.5)).toBeLessThan(0.03);
  // What is left without the two facts is the mean of two digits, in halves, but for the noise.
  const left = Float64Array.from(value!, (one, row) => one - facts![row * 4]! + facts![row * 4 + 1]!);
  const noise = Math.sqrt(left.reduce((sum, one) => sum + (one - Math.round(2 * one) / 2) ** 2, 0) / 4000);
  expect(Math.abs(noise - 0.1)).toBeLessThan(0.01);
  for (const [row, one] of same!.entries())
    if (one === 1) expect(Math.abs(left[row]! - Math.round(left[row]!))).toBeLessThan(0.45);
  const [views, others] = ['left', 'right'].map((name) => dataOf(train, name));
  expect([...views!.subarray(0, 784)]).not.toEqual([...others!.subarray(0, 784)]);
});
