import { expect, test } from 'vitest';
import {
  applyFitted,
  type ColumnChoices,
  describeFitted,
  dropMissing,
  type Fitted,
  fitColumns,
  readFitted,
  type Unknown,
} from '../../src/data/columns.js';
import type { Field, Table } from '../../src/data/source.js';
import { select } from '../../src/data/splits.js';
import { Failure } from '../../src/diagnostics/report.js';
import { numbersIn } from './numbers.js';

const none = Number.NaN;

function numbers(name: string, cells: readonly number[]): Field {
  const count = cells.filter(Number.isNaN).length;
  const missing = { count, first: 'line 1 of t.csv' };
  return {
    name,
    shape: [1],
    form: 'values',
    units: [name],
    data: Float32Array.from(cells),
    ...(count > 0 && { missing }),
  };
}

function texts(name: string, cells: readonly (string | undefined)[]): Field {
  const known = [...new Set(cells.filter((cell) => cell !== undefined))];
  const count = cells.filter((cell) => cell === undefined).length;
  return {
    name,
    shape: [],
    form: 'texts',
    texts: known,
    data: Int32Array.from(cells, (cell) => (cell === undefined ? -1 : known.indexOf(cell))),
    ...(count > 0 && { missing: { count, first: 'line 2 of t.csv' } }),
  };
}

function table(...fields: Field[]): Table {
  return { rows: numbersIn(fields[0]!).length, fields, columns: fields.length, files: [] };
}

/** Fits on the first rows, and gives all rows as they are read then. */
function read(whole: Table, choices: ColumnChoices, rows = whole.rows) {
  const kept = dropMissing(whole, choices);
  const fitted = fitColumns(
    select(
      kept,
      Int32Array.from({ length: rows }, (_, k) => k),
    ),
    kept,
    choices,
  );
  const unknown: Unknown[] = [];
  const fields = applyFitted(kept, fitted, { unknown });
  const selected = kept.selection ? [...kept.selection] : Array.from({ length: kept.rows }, (_, k) => k);
  const cells = (name: string) => {
    const field = fields.find((one) => one.name === name)!;
    const width = Math.max(1, field.shape[0] ?? 1);
    return selected.map((row) => {
      const own = Array.from(numbersIn(field).subarray(row * width, (row + 1) * width));
      return width === 1 ? own[0] : own;
    });
  };
  return { fitted, cells, unknown };
}

const call = (word: string, args: Record<string, unknown> = {}) => ({ word, arguments: args });

function problem(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n');
  }
  return 'nothing';
}

test('numbers are standardized by the training rows alone; a constant stays finite', () => {
  const { fitted, cells } = read(
    table(numbers('a', [1, 2, 3, 100]), numbers('b', [7, 7, 7, 9]), numbers('y', [1, 2, 3, 4])),
    { standardize: true, target: 'y' },
    3,
  );
  const deviation = Math.sqrt(2 / 3);
  expect(fitted.columns[0]).toMatchObject({ mean: [2], deviation: [deviation] });
  expect(cells('a')).toEqual([-1, 0, 1, 98].map((value) => Math.fround(value / deviation)));
  expect(cells('b')).toEqual([0, 0, 0, 2]);
  // A target is left as it is unless it is said.
  expect(cells('y')).toEqual([1, 2, 3, 4]);
});

test('a target is standardized if it is said', () => {
  const { cells } = read(table(numbers('x', [0, 1]), numbers('y', [10, 20])), {
    target: 'y',
    columns: { y: call('number', { standardize: true }), x: call('number', { standardize: false }) },
    standardize: true,
  });
  expect(cells('y')).toEqual([-1, 1]);
  expect(cells('x')).toEqual([0, 1]);
});

test.each<[ColumnChoices['missing'], number]>([
  ['mean', 4],
  ['median', 2],
  [-1, -1],
])('a missing number is filled by %s of the training rows', (missing, fill) => {
  const { cells } = read(table(numbers('a', [1, 2, 9, none, 1000, none])), { missing }, 4);
  expect(cells('a')).toEqual([1, 2, 9, fill, 1000, fill]);
});

test('the mean of filled rows is what standardizing subtracts', () => {
  const { fitted } = read(table(numbers('a', [1, none, 5])), { missing: 0, standardize: true });
  expect(fitted.columns[0]).toMatchObject({ fill: 0, mean: [2] });
});

test('rows with a missing cell are dropped, of every column', () => {
  const { cells } = read(
    table(
      numbers('a', [1, none, 3, 4]),
      texts('b', ['x', 'y', undefined, 'x']),
      texts('y', ['no', 'no', 'yes', 'yes']),
    ),
    { missing: 'drop', target: 'y' },
  );
  expect(cells('a')).toEqual([1, 4]);
  expect(cells('b')).toEqual([1, 1]);
  expect(cells('y')).toEqual([0, 1]);
});

test('a column that is empty in the training rows teaches nothing to fill it with', () => {
  const y = numbers('y', [1, 2, 3]);
  const filled = { target: 'y', missing: 'median' } as const;
  const message =
    /^nothing-to-fill-with: all cells of the column a are missing in the training rows: there is no median/;
  expect(problem(() => read(table(numbers('a', [none, none, none]), y), filled))).toMatch(message);
  expect(problem(() => read(table(numbers('a', [none, none, 3]), y), filled, 2))).toMatch(message);
  expect(problem(() => read(table(numbers('a', [none, none, 3]), y), filled))).toBe('nothing');
  expect(problem(() => read(table(numbers('a', [none, none, none]), y), { target: 'y', missing: 0 }))).toBe('nothing');
});

test('missing cells are an error for every column that has some', () => {
  const whole = table(numbers('a', [1, none]), texts('b', [undefined, 'x']), texts('y', ['a', 'b']));
  expect(problem(() => read(whole, { target: 'y' }))).toBe(
    'missing-cells: the column a has 1 missing cell; the first is in line 1 of t.csv\n' +
      'missing-cells: the column b has 1 missing cell; the first is in line 2 of t.csv',
  );
  // A mean says nothing of categories, and a target is never made up.
  expect(problem(() => read(whole, { target: 'y', missing: 'mean' }))).toMatch(/^missing-cells: the column b/);
  expect(problem(() => read(table(numbers('y', [1, none])), { target: 'y', missing: 'mean' }))).toMatch(
    /^missing-cells: the column y/,
  );
  expect(problem(() => read(table(numbers('a', [none, none])), { missing: 'drop' }))).toMatch(/^no-rows-left/);
});

test('categories are those of the training rows, in order; others are all zeros', () => {
  const { fitted, cells, unknown } = read(table(texts('r', ['west', 'east', 'west', 'north'])), {}, 3);
  expect(describeFitted(fitted).fields[0]).toMatchObject({ shape: [2], units: ['r.east', 'r.west'] });
  expect(cells('r')).toEqual([
    [0, 1],
    [1, 0],
    [0, 1],
    [0, 0],
  ]);
  expect(unknown).toEqual([{ column: 'r', category: 'north', rows: 1 }]);
  const strict = { columns: { r: call('one_hot', { unknown: 'error' }) } };
  expect(problem(() => read(table(texts('r', ['west', 'east', 'north'])), strict, 2))).toBe(
    'unknown-category: the column r holds "north" in 1 row, which no training row has',
  );
});

test('categories that are numbers are in the order of numbers', () => {
  const { fitted } = read(table(texts('r', ['10', '9', '-1', '1e1'])), { columns: { r: call('one_hot') } });
  expect(fitted.columns[0]).toMatchObject({ categories: ['-1', '9', '10', '1e1'] });
});

test('missing categories are zeros or the most frequent one', () => {
  const cells = (missing: string) =>
    read(table(texts('r', ['b', 'a', 'a', undefined])), { columns: { r: call('one_hot', { missing }) } }).cells('r');
  expect(cells('zeros')[3]).toEqual([0, 0]);
  expect(cells('frequent')[3]).toEqual([1, 0]);
});

test('classes are those of all rows, by their order or as they are named', () => {
  const whole = table(texts('y', ['low', 'high', 'mid']));
  expect(read(whole, { target: 'y' }, 1).cells('y')).toEqual([1, 0, 2]);
  const named = (names: string[]) => ({ target: 'y', columns: { y: call('classes', { names }) } });
  expect(read(whole, named(['low', 'mid', 'high'])).cells('y')).toEqual([0, 2, 1]);
  expect(problem(() => read(whole, named(['low', 'high'])))).toBe(
    'unknown-class: the column y holds the class "mid"; there are low, high',
  );
});

test('numbers can be classes', () => {
  const { fitted, cells } = read(table(numbers('y', [5, 3, 5, 10])), { target: 'y', columns: { y: call('classes') } });
  expect(fitted.columns[0]).toMatchObject({ classes: 3, labels: ['3', '5', '10'] });
  expect(cells('y')).toEqual([1, 0, 1, 2]);
});

test('so many texts are no categories unless it is said', () => {
  const many = table(
    texts(
      'r',
      Array.from({ length: 1001 }, (_, k) => `t${k}`),
    ),
  );
  expect(problem(() => read(many, {}))).toMatch(/^too-many-categories: the column r has 1,001 different texts/);
  expect(read(many, { columns: { r: call('one_hot') } }).cells('r')).toHaveLength(1001);
});

test('features of one name are refused', () => {
  const whole = table(texts('r', ['a', 'b']), numbers('r.a', [1, 2]));
  expect(problem(() => read(whole, {}))).toBe('columns-clash: two features are called r.a');
});

test('what was learned survives its text, and a damaged one is none', () => {
  const { fitted } = read(table(numbers('a', [1, none]), texts('r', ['x', 'y']), texts('y', ['p', 'q'])), {
    target: 'y',
    missing: 'mean',
    standardize: true,
  });
  expect(readFitted(JSON.stringify(fitted))).toEqual(fitted);
  const damaged: ((whole: Fitted) => unknown)[] = [
    () => null,
    (whole) => ({ ...whole, format: 2 }),
    (whole) => ({ ...whole, columns: undefined }),
    (whole) => ({ ...whole, columns: [{ ...whole.columns[0], mean: [1, 2] }] }),
    (whole) => ({ ...whole, columns: [{ ...whole.columns[0], kind: 'other' }] }),
    (whole) => ({ ...whole, columns: [{ ...whole.columns[1], categories: [1] }] }),
  ];
  for (const damage of damaged) expect(readFitted(JSON.stringify(damage(fitted)))).toBeUndefined();
  expect(readFitted('{')).toBeUndefined();
});
