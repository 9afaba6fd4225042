import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findHeader, findSeparator, numberIn } from '../../src/data/csv/layout.js';
import { csv } from '../../src/data/sources/csv.js';
import type { ColumnType, Table } from '../../src/data/source.js';
import { Failure } from '../../src/diagnostics/report.js';
import { makeTemporaryFolder, removeFolder } from '../support/folders.js';
import { numbersIn } from './numbers.js';

let folder: string;
beforeAll(() => {
  folder = makeTemporaryFolder();
});
afterAll(() => removeFolder(folder));

interface Options {
  readonly header?: string;
  readonly separator?: string;
  readonly names?: readonly string[];
  readonly decimal?: string;
  readonly missing?: readonly string[];
  readonly columns?: Readonly<Record<string, ColumnType>>;
}

/** Reads texts as the files of one table. */
async function read(texts: string | Buffer | readonly (string | Buffer)[], options: Options = {}): Promise<Table> {
  const files = (Array.isArray(texts) ? texts : [texts]) as readonly (string | Buffer)[];
  for (const [k, text] of files.entries()) writeFileSync(path.join(folder, `${k + 1}.csv`), text);
  const { columns, ...rest } = options;
  const { train } = await csv.read(
    {
      files: files.map((_, k) => `${k + 1}.csv`),
      header: 'auto',
      decimal: '.',
      missing: ['NA', '?'],
      ...rest,
    } as never,
    { dataFolder: undefined, specFolder: folder, columns: columns && { types: columns } },
  );
  return train;
}

/** The cells of a table by column: numbers, or texts. */
function cells({ fields }: Table): Record<string, unknown[]> {
  return Object.fromEntries(
    fields.map(({ name, data, texts }) => [
      name,
      Array.from(numbersIn({ data }), (value) => (texts ? (texts[value] ?? null) : Number.isNaN(value) ? null : value)),
    ]),
  );
}

async function problem(texts: string | Buffer | readonly (string | Buffer)[], options: Options = {}): Promise<string> {
  try {
    await read(texts, options);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.diagnostics.map(({ code, message }) => `${code}: ${message}`).join('\n');
  }
  return 'nothing';
}

describe('what a file may look like', () => {
  test('a header, numbers and texts', async () => {
    const table = await read('area,region\n80.5,north\n120,south\n-1e2,north\n');
    expect(cells(table)).toEqual({ area: [80.5, 120, -100], region: ['north', 'south', 'north'] });
    expect(table.rows).toBe(3);
    expect(table.fields.map(({ position }) => position)).toEqual([1, 2]);
  });

  test('no header: columns are called by their numbers, or as they are given', async () => {
    expect(cells(await read('1,2\n3,4\n'))).toEqual({ column_1: [1, 3], column_2: [2, 4] });
    expect(cells(await read('1,2\n3,4\n', { names: ['a', 'b'] }))).toEqual({ a: [1, 3], b: [2, 4] });
    // Given names stand for those of a first line, too.
    expect(cells(await read('"x y";"z"\n1;2\n', { names: ['a', 'b'] }))).toEqual({ a: [1], b: [2] });
    expect(cells(await read('0.1,R\n0.2,M\n'))).toEqual({
      column_1: [Math.fround(0.1), Math.fround(0.2)],
      column_2: ['R', 'M'],
    });
    expect(cells(await read('a,b\nc,d\n', { header: 'none' }))).toEqual({ column_1: ['a', 'c'], column_2: ['b', 'd'] });
  });

  test('a first line with counts and the names of classes', async () => {
    const table = await read('3,2,setosa,virginica\n1,2,0\n3,4,1\n5,6,1\n');
    expect(cells(table)).toEqual({ column_1: [1, 3, 5], column_2: [2, 4, 6], class: [0, 1, 1] });
    expect(table.target).toBe('class');
    expect(table.fields.at(-1)).toMatchObject({ form: 'classes', classes: 2, labels: ['setosa', 'virginica'] });
  });

  test('quotes: separators, doubled quotes and line breaks within', async () => {
    const table = await read('name,size\n"a, b",1\n"c ""d""",2\n"e\nf",3\n');
    expect(cells(table)).toEqual({ name: ['a, b', 'c "d"', 'e\nf'], size: [1, 2, 3] });
  });

  test.each([
    ['CRLF', 'a,b\r\n1,2\r\n3,4\r\n'],
    ['CR', 'a,b\r1,2\r3,4\r'],
    ['no end of the last line', 'a,b\n1,2\n3,4'],
    ['empty lines', 'a,b\n\n1,2\n\n3,4\n\n\n'],
    ['a byte order mark', '\uFEFFa,b\n1,2\n3,4\n'],
    ['blanks around cells', 'a , b\n 1, 2 \n3\t,4\n'],
    ['quoted numbers', '"a","b"\n"1","2"\n"3","4"\n'],
    ['semicolons', 'a;b\n1;2\n3;4\n'],
    ['tabs', 'a\tb\n1\t2\n3\t4\n'],
    ['endings that differ', 'a,b\n1,2\r\n3,4\n'],
    ['gzip', gzipSync('a,b\n1,2\n3,4\n')],
  ])('%s', async (_, text) => {
    expect(cells(await read(text))).toEqual({ a: [1, 3], b: [2, 4] });
  });

  test('a decimal comma, if it is said', async () => {
    expect(cells(await read('a;b\n1,5;2\n', { decimal: ',' }))).toEqual({ a: [1.5], b: [2] });
    // A first row of such numbers is a row, and no names.
    expect(cells(await read('1,5;2,5\n3,5;4,5\n', { decimal: ',' }))).toEqual({
      column_1: [1.5, 3.5],
      column_2: [2.5, 4.5],
    });
  });

  test('a number that stands for a missing one, however it is written', async () => {
    const table = await read('a,b\n-999,1\n2,-999.0\n-99,x-999\n', { missing: ['-999'] });
    expect(cells(table)).toEqual({ a: [null, 2, -99], b: ['1', '-999.0', 'x-999'] });
    expect(cells(await read('a\n1\n-999.0\n-999\n', { missing: ['-999'] }))).toEqual({ a: [1, null, null] });
    expect(cells(await read('a;b\n1;-9,90\n', { missing: ['-9,9'], decimal: ',' }))).toEqual({ a: [1], b: [null] });
    expect(table.fields[0]!.missing).toEqual({ count: 1, first: 'line 2 of 1.csv' });
  });

  test('missing cells: empty, or one of the words where a number is expected', async () => {
    const table = await read('a,b\n1,north\n,NA\n?,\nNA,south\n');
    expect(cells(table)).toEqual({ a: [1, null, null, null], b: ['north', 'NA', null, 'south'] });
    expect(table.fields.map(({ missing }) => missing)).toEqual([
      { count: 3, first: 'line 3 of 1.csv' },
      { count: 1, first: 'line 4 of 1.csv' },
    ]);
  });

  test('columns are read as it is said, and skipped ones not at all', async () => {
    const table = await read('zip,b,c\n01067,x,1\n1067,y,2\n', { columns: { zip: 'text', column_2: 'skip' } });
    expect(cells(table)).toEqual({ zip: ['01067', '1067'], c: [1, 2] });
    expect(table.columns).toBe(3);
  });

  test('several files are one table', async () => {
    const table = await read(['a,b\n1,x\n', 'a,b\n2,y\n3,x\n']);
    expect(cells(table)).toEqual({ a: [1, 2, 3], b: ['x', 'y', 'x'] });
    expect(table.files.map(({ name }) => name)).toEqual(['1.csv', '2.csv']);
  });

  test('the hash is that of the file', async () => {
    const { files } = await read('a\n1\n');
    expect(files).toEqual([
      { name: '1.csv', bytes: 4, rows: 1, sha256: createHash('sha256').update('a\n1\n').digest('hex') },
    ]);
  });

  test('many rows cross the borders of chunks and blocks', async () => {
    const rows = 150_000;
    const lines = Array.from({ length: rows }, (_, k) => `${k},${k % 7 === 0 ? '"a,\nb"' : 'c'},${-k / 4}`);
    const table = await read(`x,y,z\n${lines.join('\n')}\n`);
    expect(table.rows).toBe(rows);
    const [x, y, z] = table.fields.map(({ data }) => data) as [Float32Array, Int32Array, Float32Array];
    for (let k = 0; k < rows; k++)
      if (x[k] !== k || z[k] !== -k / 4 || y[k] !== (k % 7 === 0 ? 0 : 1)) expect(k).toBe(-1);
  });

  test('names of columns are data, whatever they are called', async () => {
    const table = await read('__proto__,constructor\n1,2\n', { columns: JSON.parse('{"__proto__":"text"}') });
    expect(table.fields.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe('what is wrong is told with file, line and column', () => {
  test.each<[string, string | Buffer | string[], string, Options?]>([
    ['a short line', 'a,b\n1,2\n\n3\n', 'csv-ragged: 1.csv, line 4: expected 2 cells, found 1 (none for the column b)'],
    ['a long line', 'a,b\n1,2,3\n', 'csv-ragged: 1.csv, line 2: expected 2 cells, found 3'],
    [
      'a short line behind breaks in quotes',
      'a,b\r\n"x\r\ny",2\r\n"x\ny",3\r\n3\r\n',
      'csv-ragged: 1.csv, line 6: expected 2 cells, found 1 (none for the column b)',
    ],
    [
      'no number',
      'a,b\n1,2\n3,x\n',
      'csv-cell: 1.csv, line 3, column b: expected a number, found "x"',
      { columns: { b: 'number' } },
    ],
    [
      'a late text in a column of numbers',
      `a\n${'1\n'.repeat(1500)}oops\n`,
      'csv-cell: 1.csv, line 1,502, column a: expected a number, found "oops"',
    ],
    [
      'hexadecimal',
      'a\n0x10\n',
      'csv-cell: 1.csv, line 2, column a: expected a number, found "0x10"',
      { columns: { a: 'number' } },
    ],
    [
      'infinity',
      'a\nInfinity\n',
      'csv-cell: 1.csv, line 2, column a: expected a number, found "Infinity"',
      { columns: { a: 'number' } },
    ],
    [
      'too large for float32',
      'a\n1\n1e39\n',
      'csv-cell: 1.csv, line 3, column a: expected a number, found "1e39"',
      { columns: { a: 'number' } },
    ],
    ['an empty file', '', 'csv-empty: 1.csv has no rows: it holds nothing'],
    ['blank lines only', '\n\n', 'csv-empty: 1.csv has no rows: it holds nothing'],
    ['only a header', 'a,b\n', 'csv-empty: 1.csv has no rows: it holds nothing but a first line with names'],
    [
      'NUL bytes',
      'a,b\n1,2\n1,\0\n',
      'csv-encoding: 1.csv is no text in UTF-8: line 3 holds a byte that is 0: it is no text, or UTF-16',
    ],
    [
      'Latin-1',
      Buffer.from('a,b\n1,2\nM\xfcller,2\n', 'latin1'),
      'csv-encoding: 1.csv is no text in UTF-8: line 3 holds bytes that are not UTF-8',
    ],
    [
      'UTF-16',
      Buffer.from('\uFEFFa,b\n', 'utf16le'),
      'csv-encoding: 1.csv is no text in UTF-8: line 1 holds the mark of UTF-16',
    ],
    [
      'an open quote',
      'a,b\n1,2\n"3,4\n5,6\n',
      'csv-quotes: 1.csv, line 3: a quoted cell that is not closed before the end of the file',
    ],
    [
      'a quote within a cell',
      'a,b\n1,2\nx"y,4\n',
      'csv-quotes: 1.csv, line 3: a quote within a cell that does not begin with one',
    ],
    [
      'text behind a quote',
      'a,b\n"x"y,4\n',
      'csv-quotes: 1.csv, line 2: a quoted cell that goes on behind its closing quote',
    ],
    ['two columns of one name', 'a,b,a\n1,2,3\n', 'csv-header: 1.csv: columns 1 and 3 are both called a'],
    ['too few names', '1,2\n', 'csv-header: 1.csv: it has 2 columns, `names` gives 1', { names: ['a'] }],
    [
      'an unclear first line',
      'id,2019\n1,5\n',
      'csv-header-unclear: it is not clear whether the first line of 1.csv names the columns: "id,2019"',
    ],
    [
      'a wrong count',
      '3,1,no,yes\n1,0\n2,1\n',
      'csv-counts: 1.csv says in its first line that it has 3 rows, but it has 2',
    ],
    [
      'a class beyond the names',
      '2,1,no,yes\n1,0\n2,2\n',
      'label-out-of-range: label out of range: row 1 of 1.csv is 2, but its first line names 2 classes (0 to 1)',
    ],
    [
      'files with other columns',
      ['a,b\n1,2\n', 'a,c\n1,2\n'],
      'csv-header: 2.csv: its column 2 is called c, that of 1.csv b',
    ],
    ['files of another width', ['1,2\n', '1,2,3\n'], 'csv-ragged: 2.csv, line 1: expected 2 cells, found 3'],
    [
      'a column that is not there',
      'a\n1\n',
      'unknown-field: the data section reads the field `b`, which 1.csv does not have',
      { columns: { b: 'text' } },
    ],
    [
      'a million columns',
      `${'1,'.repeat(999_999)}1\n`,
      'csv-too-wide: 1.csv, line 1: 1,000,000 cells; dnc reads at most 100,000 columns',
    ],
  ])('%s', async (_, text, expected, options) => {
    expect(await problem(text, options)).toBe(expected);
  });

  test('a damaged gzip file, wherever it is cut', async () => {
    const whole = gzipSync(`a,b\n${'1,2\n3,4\n'.repeat(2000)}`);
    for (let end = 18; end < whole.length; end += 7)
      expect(await problem(whole.subarray(0, end)), `cut at ${end}`).toMatch(
        /^gzip-damaged: 1\.csv is a damaged gzip file/,
      );
    const flipped = Buffer.from(whole);
    flipped[whole.length - 6]! ^= 1;
    expect(await problem(flipped)).toMatch(/^gzip-damaged/);
  });

  test('a gzip bomb is stopped', async () => {
    expect(await problem(gzipSync(Buffer.alloc(64 * 2 ** 20, 'a')))).toMatch(/^(file-too-large|csv-quotes)/);
  });

  test('more different texts than categories can be', async () => {
    const text = `a\n${Array.from({ length: 100_001 }, (_, k) => `t${k}`).join('\n')}\n`;
    expect(await problem(text)).toBe('csv-too-many-texts: 1.csv: the column a holds more than 100,000 different texts');
  });

  test('files that are not there, folders', async () => {
    const read = (file: string) =>
      csv.read({ files: [file], header: 'auto', decimal: '.', missing: [] } as never, {
        dataFolder: undefined,
        specFolder: folder,
      });
    await expect(read('none.csv')).rejects.toThrow('none.csv (a table) does not exist');
    await expect(read('.')).rejects.toThrow('. cannot be read: it is a folder');
  });
});

test.each([
  ['a,b\n1,2\n', ','],
  ['a;b\n1,5;2,5\n1,25;3\n', ';'],
  ['a\tb;c\n1\t2;3\n', '\t'],
  ['"a;b",c\n"d",e\n', ','],
  ['a\n1\n', ','],
  ['569,30,malignant,benign\n1;2\n3;4\n', ';'],
])('the separator of %j is %j', (head, separator) => {
  expect(findSeparator(head)).toBe(separator);
});

test.each([
  [['a', 'b'], ['1', 'x'], 'names'],
  [['a', 'b'], ['c', 'd'], 'names'],
  [['1', 'b'], ['2', 'd'], 'none'],
  [['', 'b'], ['2', 'd'], 'names'],
  [['', 'b'], ['e', 'd'], 'none'],
  [['10', '3', 'a', 'b'], ['11', '4', 'c', 'd'], 'none'],
  [['id', '2019'], ['1', '2'], undefined],
])('the first line %j before %j', (first, second, form) => {
  expect(findHeader(first, second, (cell) => cell === '')).toBe(form);
});

test('numbers are decimal', () => {
  expect(['1', ' -2.5 ', '+.5', '1e3', '1.', '0', '-0', '00012'].map(numberIn)).toEqual([
    1, -2.5, 0.5, 1000, 1, 0, -0, 12,
  ]);
  for (const text of [
    '',
    ' ',
    '0x10',
    '0b1',
    '0o7',
    '1_000',
    '1,000',
    'Infinity',
    '-Infinity',
    'NaN',
    '1e39',
    'e5',
    '.',
    '1 2',
  ])
    expect(numberIn(text), text).toBeNaN();
});
