import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type DataReport, inspectRows } from '../../src/reports/data-report.js';
import { openWithRows } from '../../src/runtime/spec/open-spec.js';
import { Source } from '../../src/diagnostics/source.js';
import { temporaryFolder } from '../support/folders.js';
import { seeded } from '../support/random.js';

const COLUMNS = ['a', 'b', 'c', 'd'];

type Cells = (number | string)[];

/** Rows of real numbers, of which no two are alike, and of three classes that take turns. */
function cleanRows(rows: number, random: { next: () => number }): Cells[] {
  return Array.from({ length: rows }, (_, row) => [...COLUMNS.map(() => random.next() * 8 - 4), `k${row % 3}`]);
}

function csv(rows: readonly Cells[]): string {
  return [[...COLUMNS, 'kind'], ...rows].map((row) => `${row.join(',')}\n`).join('');
}

const spec = (data: string) => `model Net {
  facts = Input
  fc    = Dense(4, activation: relu)
  out   = Dense(3)
}
data { ${data} }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }
`;
const CSV = 'source: csv("train.csv"); target: kind; validation: last(30); test: csv("test.csv")';

async function inspect(files: Readonly<Record<string, string>>, text = spec(CSV)): Promise<DataReport> {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  const specFile = path.join(folder, 'net.dn');
  const { compiled, rows } = await openWithRows({ source: new Source(specFile, text), specFile, sets: [] });
  return inspectRows(compiled, rows);
}

/** What is wrong with the training rows or with a test row, and what it must be called. Rows from 90 on are for validation. */
const defects: Readonly<
  Record<
    string,
    {
      check: string;
      severity: string;
      plant: (train: Cells[], test: Cells[], random: { whole: (below: number) => number }) => void;
    }
  >
> = {
  'a column that never changes': {
    check: 'constant',
    severity: 'warning',
    plant: (train, _, random) => {
      const column = random.whole(COLUMNS.length);
      for (const row of train) row[column] = 7;
    },
  },
  'a class without training rows': {
    check: 'classes',
    severity: 'error',
    plant: (train) => {
      for (const row of train.slice(0, 90)) if (row.at(-1) === 'k2') row[4] = 'k0';
    },
  },
  'a class without test rows': {
    check: 'classes',
    severity: 'warning',
    plant: (_, test) => {
      for (const row of test) if (row.at(-1) === 'k1') row[4] = 'k0';
    },
  },
  'a test row among the training rows': {
    check: 'leak',
    severity: 'warning',
    plant: (train, test, random) => void (test[random.whole(test.length)] = [...train[random.whole(90)]!]),
  },
  'a validation row among the training rows': {
    check: 'leak',
    severity: 'warning',
    plant: (train, _, random) => void (train[90 + random.whole(30)] = [...train[random.whole(90)]!]),
  },
  'test rows that are the training rows': {
    check: 'leak',
    severity: 'error',
    plant: (train, test) => void test.splice(0, test.length, ...train.slice(0, 40).map((row) => [...row])),
  },
  'equal rows of two classes': {
    check: 'contradictions',
    severity: 'warning',
    plant: (train, _, random) => {
      const row = random.whole(89);
      train[row + 1] = [...train[row]!.slice(0, 4), train[row]![4] === 'k0' ? 'k1' : 'k0'];
    },
  },
};

describe('what is planted is found, and nothing else', () => {
  test.each(Object.keys(defects))('%s', async (name) => {
    const { check, severity, plant } = defects[name]!;
    const random = seeded(name);
    for (let k = 0; k < 10; k++) {
      const [train, held] = [cleanRows(120, random), cleanRows(40, random)];
      plant(train, held, random);
      const { findings } = await inspect({ 'train.csv': csv(train), 'test.csv': csv(held) });
      expect(findings.map((one) => [one.check, one.severity])).toEqual([[check, severity]]);
    }
  });

  test('clean rows', async () => {
    const random = seeded('clean');
    for (let k = 0; k < 20; k++) {
      const { findings } = await inspect({
        'train.csv': csv(cleanRows(120, random)),
        'test.csv': csv(cleanRows(40, random)),
      });
      expect(findings).toEqual([]);
    }
  });
});

test('what it says: files, parts, ranges, classes, fills, readers', async () => {
  const train = Array.from(
    { length: 12 },
    (_, row): Cells => [row, row === 3 ? '' : row * 2, -row, row === 0 ? 5 : 1, `k${row % 3}`],
  );
  const report = await inspect(
    { 'train.csv': csv(train), 'test.csv': csv([[0.5, 1, 2, 3, 'k1']]) },
    spec(
      'source: csv("train.csv"); target: kind; test: csv("test.csv"); missing: mean; standardize: true; columns { d: number(standardize: false) }',
    ),
  );
  expect(report.files.map(({ name, rows }) => [name, rows])).toEqual([
    ['train.csv', 12],
    ['test.csv', 1],
  ]);
  expect(report.parts).toEqual([
    { part: 'train', rows: 12 },
    { part: 'test', rows: 1 },
  ]);
  const shown = report.fields.map(({ field, least, most, filled, standardized, form }) => [
    field,
    Number(least.toPrecision(4)),
    Number(most.toPrecision(4)),
    filled,
    standardized,
    form,
  ]);
  expect(shown).toEqual([
    ['a', 0, 11, 0, true, 'numbers'],
    ['b', 0, 22, 1, true, 'numbers'],
    ['c', -11, 2, 0, true, 'numbers'],
    ['d', 1, 5, 0, false, 'numbers'],
    ['kind', 0, 2, 0, false, 'class numbers'],
  ]);
  expect(report.inputs).toEqual([{ input: 'facts', shape: [4], fields: ['a', 'b', 'c', 'd'] }]);
  const classes = { names: ['k0', 'k1', 'k2'], rows: { train: [4, 4, 4], test: [0, 1, 0] } };
  expect(report.targets).toEqual([{ output: 'out', field: 'kind', as: 'class numbers', classes }]);
});

test('numbers that are none, in images of floats', async () => {
  const folder = temporaryFolder();
  const pixels = new DataView(new ArrayBuffer(4 * 4 * 4));
  for (let k = 0; k < 16; k++)
    pixels.setFloat32(4 * k, k === 5 ? Number.NaN : k === 14 ? Number.POSITIVE_INFINITY : k / 16);
  const idx = (type: number, extents: readonly number[], bytes: Uint8Array) =>
    Buffer.from([0, 0, type, extents.length, ...extents.flatMap((one) => [0, 0, 0, one]), ...bytes]);
  writeFileSync(path.join(folder, 'images'), idx(13, [4, 2, 2], new Uint8Array(pixels.buffer)));
  writeFileSync(path.join(folder, 'labels'), idx(8, [4], Uint8Array.of(0, 1, 2, 0)));
  const text = spec('source: idx("images", labels: "labels")').replace('Input', 'Input(4)');
  const specFile = path.join(folder, 'net.dn');
  const { compiled, rows } = await openWithRows({ source: new Source(specFile, text), specFile, sets: [] });
  const { findings, fields } = inspectRows(compiled, rows);
  expect(findings).toEqual([
    {
      severity: 'error',
      check: 'numbers',
      message: 'image holds 2 numbers in the train rows that are NaN or infinite',
    },
  ]);
  expect(fields[0]).toMatchObject({ least: 0, most: 15 / 16, notFinite: 2 });
});

test('rows that are left out', async () => {
  const random = seeded('dropped');
  const train = cleanRows(60, random);
  train[4]![1] = '';
  train[9]![2] = 'NA';
  const report = await inspect(
    { 'train.csv': csv(train) },
    spec('source: csv("train.csv"); target: kind; missing: drop'),
  );
  expect([report.dropped, report.parts[0]!.rows]).toEqual([2, 58]);
});

test('equal inputs are counted, whatever their target', async () => {
  const rows: Cells[] = [
    [1, 2, 3, 4, 'k0'],
    [1, 2, 3, 4, 'k1'],
    [5, 6, 7, 8, 'k2'],
    [1, 2, 3, 4, 'k0'],
  ];
  const held: Cells[] = [
    [5, 6, 7, 8, 'k0'],
    [1, 2, 3, 4, 'k0'],
    [0, 0, 0, 0, 'k1'],
    [1, 2, 3, 5, 'k2'],
  ];
  const { repeated } = await inspect(
    { 'train.csv': csv(rows), 'test.csv': csv(held) },
    spec('source: csv("train.csv"); target: kind; test: csv("test.csv")'),
  );
  expect(repeated).toEqual({
    train: { rows: 2, sameTarget: 1, first: { row: 1, trainRow: 0 } },
    test: { rows: 2, sameTarget: 1, first: { row: 0, trainRow: 2 } },
  });
});

const shared = path.join(import.meta.dirname, '../../../shared/data');
test.skipIf(!existsSync(shared))(
  'MNIST has nothing to be found (skipped where ../shared/data does not have it)',
  async () => {
    const text = spec('source: mnist; validation: 5000')
      .replace('Input', 'Input(784)')
      .replace('Dense(3)', 'Dense(10)');
    const specFile = path.join(temporaryFolder(), 'net.dn');
    const { compiled, rows } = await openWithRows({
      source: new Source(specFile, text),
      specFile,
      sets: [],
      dataFolder: shared,
    });
    const report = inspectRows(compiled, rows);
    expect([report.findings, report.repeated.train!.rows]).toEqual([[], 0]);
  },
);

test('units of an output that no class has are told as that, and not as classes without rows', async () => {
  const random = seeded('units without a class');
  const files = {
    'train.csv': csv(cleanRows(120, random)),
    'test.csv': csv(cleanRows(30, random)),
  };
  const { findings } = await inspect(files, spec(CSV).replace('Dense(3)', 'Dense(5)'));
  expect(findings).toEqual([
    {
      severity: 'warning',
      check: 'classes',
      message: 'out has 5 units, one for every class, but the rows have 3 classes',
    },
  ]);
});

describe('a target of numbers that is far from 1', () => {
  const text = (data: string, { loss = 'mse', model = 'out = Dense(1)' } = {}) => `model Net {
  facts = Input
  fc    = Dense(4, activation: relu)
  ${model}
}
data { source: csv("houses.csv"); target: price; ${data} }
train { loss: ${loss}; epochs: 1 }
`;
  const houses = (price: (k: number) => number) => ({
    'houses.csv': `size,price\n${Array.from({ length: 40 }, (_, k) => `${k / 40},${price(k)}\n`).join('')}`,
  });
  const scale = async (price: (k: number) => number, data = '', options = {}) => {
    const { findings } = await inspect(houses(price), text(data, options));
    return findings.filter(({ check }) => check === 'scale').map(({ message }) => message);
  };
  const dear = (k: number) => 300_000 + (k % 2 === 0 ? 100_000 : -100_000);

  test('it is told with what to write, and what is to be written mends it', async () => {
    expect(await scale(dear)).toEqual([
      'the target price is far from 1 in the training rows, mean 300,000 and standard deviation 100,000, and outputs start near 0: under mean_squared_error that is a long way; standardize it: `columns { price: number(standardize: true) }` in the data section',
    ]);
    expect(await scale(dear, 'columns { price: number(standardize: true) }')).toEqual([]);
  });

  test.each([
    ['an absolute loss', dear, { loss: 'mae' }, 1],
    ['a spread about 0', (k: number) => (k % 2 === 0 ? 5000 : -5000), {}, 1],
    ['a mean alone', (k: number) => 2000 + k / 10, {}, 1],
    ['tens', (k: number) => 20 + k, {}, 0],
    ['a loss of counts', dear, { loss: 'poisson' }, 0],
    ['a network that scales', dear, { model: 'fc2 = Dense(1)\n  out = Rescaling(100000)' }, 0],
    ['a bias that starts there', dear, { model: 'out = Dense(1, bias_initializer: constant(300000))' }, 0],
  ])('%s', async (_, price, options, count) => {
    expect(await scale(price, '', options)).toHaveLength(count);
  });
});
