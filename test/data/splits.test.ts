import { describe, expect, test } from 'vitest';
import type { Table } from '../../src/data/source.js';
import { type SplitChoices, select, split } from '../../src/data/splits.js';
import type { Call } from '../../src/ir/kind.js';
import { Stream } from '../../src/random/streams.js';
import { seeded } from '../support/random.js';
import { failureOf } from './failure.js';

function table(rows: number): Table {
  const data = Float32Array.from({ length: rows }, (_, row) => row);
  return { rows, fields: [{ name: 'x', shape: [], form: 'values', data }], target: 'x', files: [] };
}

const call = (word: string, args: Record<string, unknown>): Call => ({ word, arguments: args });
const count = (rows: number) => call('count', { rows });
const share = (fraction: number) => call('share', { fraction });
const first = (rows: number) => call('first', { rows });
const last = (rows: number) => call('last', { rows });
const fold = (k: number, of: number) => call('fold', { k, of });

/** The rows of each part, as indices into what the source read. */
function parts(rows: number, choices: Partial<SplitChoices>, own?: Table) {
  const whole = table(rows);
  const { train, validation, test } = split({ train: whole, ...(own && { test: own }) }, { seed: 0, ...choices });
  const list = (part: Table | undefined) => part && [...(part.selection ?? Array(part.rows).keys())];
  expect(train.fields).toBe(whole.fields);
  return { train: list(train)!, validation: list(validation), test: list(test), own: test };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => from + k);

test('without choices: all rows to train on, the source own test rows', () => {
  const own = table(3);
  const { train, validation, own: held } = parts(10, {}, own);
  expect([train, validation, held]).toEqual([range(0, 10), undefined, own]);
  expect(parts(10, {}).test).toBeUndefined();
});

test('first and last', () => {
  expect(parts(10, { validation: first(3) })).toMatchObject({ validation: [0, 1, 2], train: range(3, 10) });
  expect(parts(10, { validation: last(3) })).toMatchObject({ validation: [7, 8, 9], train: range(0, 7) });
  // The test rows go first, validation is taken from what is left.
  expect(parts(10, { test: last(2), validation: last(3) })).toMatchObject({
    test: [8, 9],
    validation: [5, 6, 7],
    train: range(0, 5),
  });
});

test('rows held out for testing take the place of the own test rows of the source', () => {
  expect(parts(10, { test: first(2) }, table(5)).test).toEqual([0, 1]);
});

describe('drawn parts', () => {
  test('disjoint, complete, in order, of the size asked for', () => {
    const draws = Stream.named('splits', { seed: 1 });
    for (let k = 0; k < 200; k++) {
      const rows = 10 + draws.below(10 * k, 300);
      const words = (at: number): Call =>
        [
          count(1 + draws.below(at + 1, rows / 3)),
          share(0.05 + 0.3 * draws.uniform(at + 1)),
          fold(1, 3),
          first(2),
          last(3),
        ][draws.below(at, 5)]!;
      const found = parts(rows, { seed: k, test: words(10 * k + 1), validation: words(10 * k + 4) });
      const all = [found.train, found.validation!, found.test!];
      expect(all.flat().sort((a, b) => a - b)).toEqual(range(0, rows));
      for (const part of all) expect(part).toEqual(part.toSorted((a, b) => a - b));
    }
    expect(parts(1000, { validation: count(123) }).validation!.length).toBe(123);
    // A share is one of all rows, also where the test rows were taken first.
    const { validation, test } = parts(1000, { validation: share(0.15), test: share(0.15) });
    expect([validation!.length, test!.length]).toEqual([150, 150]);
  });

  test('the seed draws, and the same seed draws the same', () => {
    const held = (seed: number) => parts(1000, { validation: count(100), seed }).validation!;
    expect(held(1)).toEqual(held(1));
    expect(held(1)).not.toEqual(held(2));
    expect(held(1)).not.toEqual(range(0, 100));
  });

  test('folds are disjoint, cover everything, and differ by one row at most', () => {
    const folds = [1, 2, 3, 4].map((k) => parts(103, { validation: fold(k, 4) }).validation!);
    expect(folds.flat().sort((a, b) => a - b)).toEqual(range(0, 103));
    expect(folds.map((rows) => rows.length).sort()).toEqual([25, 26, 26, 26]);
  });
});

describe('rows to train on', () => {
  test('are chosen of those that are left, and the rows held out are the same with and without', () => {
    const draws = seeded('rows to train on');
    for (let k = 0; k < 100; k++) {
      const rows = 20 + draws.whole(300);
      const held = { seed: draws.whole(2 ** 32), test: count(3), validation: share(0.2) };
      const whole = parts(rows, held);
      const asked = 1 + draws.whole(whole.train.length);
      for (const choice of [count, first, last]) {
        const some = parts(rows, { ...held, train: choice(asked) });
        expect([some.validation, some.test]).toEqual([whole.validation, whole.test]);
        expect(some.train).toHaveLength(asked);
        expect(some.train).toEqual(whole.train.filter((row) => some.train.includes(row)));
      }
      expect(parts(rows, { ...held, train: first(asked) }).train).toEqual(whole.train.slice(0, asked));
      expect(parts(rows, { ...held, train: last(asked) }).train).toEqual(whole.train.slice(-asked));
      // Of more rows those that were trained on before are some.
      const drawn = parts(rows, { ...held, train: count(asked) }).train;
      expect(parts(rows, { ...held, train: count(whole.train.length) }).train).toEqual(whole.train);
      if (asked < whole.train.length)
        expect(parts(rows, { ...held, train: count(asked + 1) }).train).toEqual(expect.arrayContaining(drawn));
    }
  });

  test('a share is one of all rows, and rounding asks for none that is not there', () => {
    expect(parts(1000, { validation: share(0.2), train: share(0.1) }).train).toHaveLength(100);
    for (let rows = 10; rows < 60; rows++)
      expect(parts(rows, { validation: share(0.1), train: share(0.9) }).train.length).toBeGreaterThanOrEqual(
        Math.floor(0.9 * rows),
      );
  });

  test('of windows the latest', () => {
    const window = { length: 2, horizon: 1, stride: 1 };
    expect(parts(20, { window, validation: count(5), train: count(6) }).train).toEqual(range(9, 15));
  });

  test('how many are left out is told', () => {
    const unused = (choices: Partial<SplitChoices>) => split({ train: table(100) }, { seed: 0, ...choices }).unused;
    expect(unused({ validation: count(10), train: count(30) })).toBe(60);
    expect(unused({ validation: count(10), train: count(90) })).toBe(0);
    expect(unused({ validation: count(10) })).toBeUndefined();
  });
});

test('a part of a part', () => {
  const part = select(select(table(10), Int32Array.of(2, 4, 6, 8)), Int32Array.of(3, 0));
  expect([part.rows, ...part.selection!]).toEqual([2, 8, 2]);
});

test('messages', async () => {
  const message = async (rows: number, choices: Partial<SplitChoices>) => {
    const { text, exit } = await failureOf(() => parts(rows, choices));
    expect(exit).toBe(4);
    return text;
  };
  expect(await message(100, { validation: count(5000) })).toMatchInlineSnapshot(
    `"not-enough-rows: \`validation\` asks for 5,000 rows: of the 100 rows at least one must be left to train on"`,
  );
  expect(await message(100, { validation: count(100) })).toMatchInlineSnapshot(
    `"not-enough-rows: \`validation\` asks for 100 rows: of the 100 rows at least one must be left to train on"`,
  );
  expect(await message(100, { test: count(60), validation: first(50) })).toMatchInlineSnapshot(
    `"not-enough-rows: \`validation\` asks for 50 rows: of the 40 rows that \`test\` leaves at least one must be left to train on"`,
  );
  expect(await message(100, { validation: count(40), train: count(61) })).toMatchInlineSnapshot(
    `"not-enough-rows: \`train\` asks for 61 rows, there are 60 left to train on"`,
  );
  expect(await message(100, { validation: share(0.4), train: share(0.7) })).toMatchInlineSnapshot(
    `"not-enough-rows: \`train\` asks for 70 rows, there are 60 left to train on"`,
  );
  expect(await message(3, { train: share(0.07) })).toMatchInlineSnapshot(
    `"empty-part: \`train: 7%\` takes none of 3 rows"`,
  );
  expect(await message(3, { train: share(0.01) })).toMatchInlineSnapshot(
    `"empty-part: \`train: 1%\` takes none of 3 rows"`,
  );
  expect(await message(3, { validation: share(0.01) })).toMatchInlineSnapshot(
    `"empty-part: \`validation: 1%\` holds out none of 3 rows"`,
  );
  expect(await message(100, { validation: fold(6, 5) })).toMatchInlineSnapshot(
    `"no-such-fold: \`validation\` asks for fold 6 of 5"`,
  );
  expect(await message(3, { validation: fold(4, 4) })).toMatchInlineSnapshot(
    `"empty-part: \`validation: fold(4, of: 4)\` holds out none of 3 rows"`,
  );
});
