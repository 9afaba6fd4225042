import { describe, expect, test } from 'vitest';
import type { DataChoices } from '../../src/data/read.js';
import { readData } from '../../src/data/read.js';
import { joinedOrder, joinedShape } from '../../src/data/joined.js';
import type { Field, Table } from '../../src/data/source.js';
import { bind } from '../../src/data/bind.js';
import { split } from '../../src/data/splits.js';
import { windowTable } from '../../src/data/windows.js';
import { sources } from '../../src/data/index.js';
import { failureOf } from './failure.js';
import { numbersIn } from './numbers.js';

/** Row t has t, 100 + t, and the class t mod 3. */
function times(rows: number): Table {
  const column = (name: string, at: (time: number) => number): Field => ({
    name,
    shape: [1],
    form: 'values',
    units: [name],
    data: Float32Array.from({ length: rows }, (_, time) => at(time)),
  });
  const kind: Field = {
    name: 'kind',
    shape: [],
    form: 'classes',
    classes: 3,
    data: Int32Array.from({ length: rows }, (_, t) => t % 3),
  };
  return { rows, fields: [column('y', (t) => t), column('x', (t) => 100 + t), kind], target: 'y', files: [] };
}

const options = { part: 'training', ahead: true, at: undefined };
const window = { length: 3, horizon: 2, stride: 2, targets: ['y'] };

describe('windows', () => {
  test('rows, what lies ahead, and the past of it', () => {
    const { rows, fields } = windowTable(times(10), window, options);
    expect(rows).toBe(3);
    expect(fields.map(({ name, shape, past }) => ({ name, shape, past }))).toEqual([
      { name: 'y.past', shape: [3, 1], past: undefined },
      { name: 'y', shape: [1], past: 'y.past' },
      { name: 'x', shape: [3, 1], past: undefined },
    ]);
    expect(fields.map(({ data }) => [...numbersIn({ data })])).toEqual([
      [0, 1, 2, 2, 3, 4, 4, 5, 6],
      [4, 6, 8],
      [100, 101, 102, 102, 103, 104, 104, 105, 106],
    ]);
  });

  test('horizon 0: the last row itself, which no input reads; a class that lies ahead has no past', () => {
    const { fields } = windowTable(times(5), { ...window, horizon: 0, targets: ['kind'] }, options);
    expect(fields.map(({ name }) => name)).toEqual(['y', 'x', 'kind']);
    expect([...numbersIn(fields[2]!)]).toEqual([2, 1]);
    const own = windowTable(times(5), { ...window, horizon: 0 }, options);
    expect(own.fields.map(({ name, past }) => [name, past])).toEqual([
      ['y', undefined],
      ['x', undefined],
    ]);
  });

  test('no window reaches over rows that are not there', () => {
    const part = { ...times(20), rows: 9, selection: Int32Array.of(0, 1, 2, 3, 4, 5, 12, 13, 14) };
    const { fields } = windowTable(part, { ...window, horizon: 1, stride: 1 }, options);
    expect([...numbersIn(fields[0]!)]).toEqual([0, 1, 2, 1, 2, 3, 2, 3, 4]);
    expect([...numbersIn(fields[1]!)]).toEqual([3, 4, 5]);
  });

  test('rows to predict: the last window ends with the last row', () => {
    const { rows, fields } = windowTable(times(5), { ...window, stride: 1 }, { ...options, ahead: false });
    expect(rows).toBe(3);
    expect(fields.map(({ name }) => name)).toEqual(['y.past', 'x']);
    expect([...numbersIn(fields[0]!)].slice(-3)).toEqual([2, 3, 4]);
  });

  test('a part that is too short is named', async () => {
    expect((await failureOf(() => windowTable(times(4), window, options))).text).toBe(
      'window-too-long: no window fits into the training rows: it takes 5 rows in a row (3 of the window, 2 to what is predicted), there are 4',
    );
  });

  test('more numbers than memory is taken for are refused before', async () => {
    const many = windowTable.bind(undefined, times(40_000), { ...window, length: 20_000, stride: 1 }, options);
    expect((await failureOf(many)).text).toMatch(/^table-too-large: the windows/);
  });
});

describe('parts of time', () => {
  const rows = (table: Table | undefined) => [...(table?.selection ?? [])];
  const count = (n: number) => ({ word: 'count', arguments: { rows: n } });

  test('the later rows are held out, the test rows last', () => {
    const share = { word: 'share', arguments: { fraction: 0.2 } };
    const parts = split({ train: times(10) }, { seed: 3, window, validation: count(3), test: share });
    expect([parts.train, parts.validation, parts.test].map(rows)).toEqual([
      [0, 1, 2, 3, 4],
      [5, 6, 7],
      [8, 9],
    ]);
  });

  test('a fold is a stretch', () => {
    const fold = (k: number) => ({ word: 'fold', arguments: { k, of: 3 } });
    const parts = [1, 2, 3].map((k) => split({ train: times(10) }, { seed: 3, window, validation: fold(k) }));
    expect(parts.map(({ validation }) => rows(validation))).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    expect(rows(parts[1]!.train)).toEqual([0, 1, 2, 3, 7, 8, 9]);
  });
});

describe('the data section', () => {
  const data = (more: Partial<DataChoices>): DataChoices => ({
    source: { word: 'series', arguments: { rows: 200, period: 24, season: 1, noise: 0.3, seed: 0 } },
    seed: 0,
    window: { length: 6, horizon: 1, stride: 1 },
    ...more,
  });
  const read = (choices: DataChoices) =>
    readData(choices, { dataFolder: undefined, specFolder: '.' }, { ends: { inputs: ['past'], outputs: ['next'] } });

  test('nothing of the held-out rows is in a training window, nor in what is learned from them', async () => {
    const standardize = { ...data({ standardize: true }), validation: { word: 'count', arguments: { rows: 50 } } };
    const { train, validation, fitted } = await read(standardize);
    expect([train.rows, validation!.rows]).toEqual([150 - 6, 50 - 6]);
    const whole = (
      await sources.series.read(standardize.source.arguments as never, { dataFolder: undefined, specFolder: '.' })
    ).train;
    const [value, driver] = whole.fields.map((field) => field.data as Float32Array);
    const mean = driver!.subarray(0, 150).reduce((sum, one) => sum + one, 0) / 150;
    const column = fitted!.columns[1]!;
    expect(column.kind === 'number' && column.mean![0]).toBeCloseTo(mean, 5);
    // The target is not standardized, so that its windows are the numbers as they are.
    const past = validation!.fields.find(({ name }) => name === 'value.past')!;
    expect([...numbersIn(past).subarray(0, 6)]).toEqual([...value!.subarray(150, 156)]);
    const ahead = train.fields.find(({ name }) => name === 'value')!;
    expect(numbersIn(ahead).at(-1)).toBe(value![149]);
  });

  test('a lone input reads all columns with the past of the target, side by side', async () => {
    const { train } = await read(data({}));
    const bound = bind(
      {
        data: { span: undefined },
        inputs: [{ name: 'past', extents: [6, 2] }],
        outputs: [{ name: 'next', extents: [1], form: 'values' }],
      },
      train,
    );
    const [input, target] = bound.tensors;
    const [value, driver] = ['value.past', 'driver'].map((name) =>
      numbersIn(train.fields.find((one) => one.name === name)!),
    );
    expect([...numbersIn(input!).subarray(12, 18)]).toEqual([
      value![6],
      driver![6],
      value![7],
      driver![7],
      value![8],
      driver![8],
    ]);
    expect(target!.width).toBe(1);
    // By name: the past of what lies ahead.
    const named = bind(
      {
        data: { inputs: { past: ['driver', 'value'] } },
        inputs: [{ name: 'past', extents: [6, 2] }],
        outputs: [{ name: 'next', extents: [1], form: 'values' }],
      },
      train,
    );
    expect([...numbersIn(named.tensors[0]!).subarray(0, 2)]).toEqual([driver![0], value![0]]);
  });
});

test('several fields of one input: side by side where they agree but for the last extent, else one behind the other', () => {
  expect(joinedShape([[5]])).toEqual([5]);
  expect(joinedShape([[2], [3]])).toEqual([5]);
  expect(
    joinedShape([
      [4, 4, 3],
      [4, 4, 1],
    ]),
  ).toEqual([4, 4, 4]);
  expect(
    joinedShape([
      [4, 4, 3],
      [2, 4, 1],
    ]),
  ).toEqual([56]);
  const order = (shapes: number[][]) =>
    joinedOrder(shapes)
      .map(({ field, at }) => `${field}${at}`)
      .join(' ');
  expect(order([[2], [1]])).toBe('00 01 10');
  expect(
    order([
      [2, 2],
      [2, 1],
    ]),
  ).toBe('00 01 10 02 03 11');
  expect(order([[2, 2], [1]])).toBe('00 01 02 03 10');
});
