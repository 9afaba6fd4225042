import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compile } from '../../src/compiler/compile.js';
import { type DataRows, readData, readRowsToPredict } from '../../src/data/read.js';
import { Source } from '../../src/diagnostics/source.js';
import { makeTemporaryFolder, removeFolder } from '../support/folders.js';
import { failureOf } from './failure.js';
import { numbersIn } from './numbers.js';

let folder: string;
beforeAll(() => {
  folder = makeTemporaryFolder();
});
afterAll(() => removeFolder(folder));

/** The rows of `t.csv` by what a spec's data section says of it. */
async function rowsOf(csv: string, section: string, fitted?: DataRows['fitted'], classes?: boolean) {
  writeFileSync(path.join(folder, 't.csv'), csv);
  const text = `model Net {\n  x = Input(3)\n  y = Dense(1)\n}\ndata { ${section} }\ntrain { loss: mse; epochs: 1 }\n`;
  const { spec } = compile(new Source('net.dn', text));
  return readData(
    spec.data,
    { dataFolder: undefined, specFolder: folder },
    {
      ends: { inputs: ['x'], outputs: ['y'] },
      fitted,
      ...(classes !== undefined && { classes: { y: classes } }),
    },
  );
}

const SECTION = 'source: csv("t.csv"); target: y';
const messages = (found: DataRows) => found.warnings.map(({ code, message }) => `${code}: ${message}`);

test('a column that is categories because of a few cells is told, unless the spec says what it is', async () => {
  const csv = 'a,y\n1,1\n2.5,2\nNA,2\nunknown,3\n4,3\n';
  const found = await rowsOf(csv, SECTION);
  expect(messages(found)).toEqual([
    'numbers-with-texts: a is read as categories, though 3 of 4 cells are numbers: line 5 of t.csv has "unknown"',
  ]);
  expect(found.warnings[0]!.help).toEqual([
    '`columns { a: number }` takes numbers alone; where the cell means a missing one: `missing: ["unknown"]` in csv(…)',
    '`columns { a: one_hot }` means categories',
  ]);
  expect((await rowsOf(csv, `${SECTION}; columns { a: one_hot }`)).warnings).toEqual([]);
  // Reading rows as they were learned to be read is no news.
  expect((await rowsOf(csv, SECTION, found.fitted)).warnings).toEqual([]);
  // Without a loss a target's names are classes; categories are mostly words.
  expect((await rowsOf('a,y\n1,1\n2,2\n3,no\n', SECTION)).warnings).toEqual([]);
  expect((await rowsOf('a,y\n1,1\nnorth,2\nsouth,3\n', SECTION)).warnings).toEqual([]);
});

test.each(['4o', 'inf', '1e999', '-Infinity', '12 kg'])('one cell of 400 is %s', async (typo) => {
  const rows = Array.from({ length: 400 }, (_, k) => `${k === 8 ? typo : 20 + (k % 60)},${k}`);
  expect(messages(await rowsOf(`age,y\n${rows.join('\n')}\n`, SECTION))).toEqual([
    `numbers-with-texts: age is read as categories, though 399 of 400 cells are numbers: line 10 of t.csv has ${JSON.stringify(typo)}`,
  ]);
});

test('numbers with a decimal comma are told, and how they are read', async () => {
  const found = await rowsOf('a;y\n1,5;1\n2,5;2\n3;3\n', SECTION);
  expect(messages(found)).toEqual([
    'numbers-with-texts: a is read as categories, though 1 of 3 cells are numbers: line 2 of t.csv has "1,5"',
  ]);
  expect(found.warnings[0]!.help[0]).toBe('for numbers with a decimal comma: `decimal: ","` in csv(…)');
});

test('values that no training row has are one note for a column', async () => {
  const rows = Array.from({ length: 20 }, (_, k) => `v${k},w${k},${k}`);
  const found = await rowsOf(
    `a,b,y\n${rows.join('\n')}\n`,
    `${SECTION}; test: last(5); columns { a: one_hot; b: one_hot }`,
  );
  expect(found.notes).toEqual([
    'a: 5 values are in none of the training rows, such as "v15"; 5 rows have all zeros for them',
    'b: 5 values are in none of the training rows, such as "w15"; 5 rows have all zeros for them',
  ]);
  const one = await rowsOf('a,y\nx,1\nx,2\nz,3\n', `${SECTION}; test: last(1); columns { a: one_hot }`);
  expect(one.notes).toEqual(['a: "z" is in none of the training rows; 1 row has all zeros for it']);
});

test('what a regression is to predict is no class because of one cell', async () => {
  const csv = 'a,y\n1,1\n2,2,\n3,n/a\n4,4\n'.replace('2,2,', '2,2');
  const { text, exit, help } = await failureOf(() => rowsOf(csv, SECTION, undefined, false));
  expect(text).toBe(
    'target-with-texts: the target y is read as classes, though 3 of 4 cells are numbers and the loss takes numbers: line 4 of t.csv has "n/a"',
  );
  expect(exit).toBe(4);
  expect(help.join('\n')).toMatch(/columns \{ y: number \}[\s\S]*missing: \["n\/a"\][\s\S]*columns \{ y: classes \}/);
  // What the help says works.
  const missing = 'source: csv("t.csv", missing: ["n/a"]); target: y; missing: drop';
  expect((await rowsOf(csv, missing, undefined, false)).train.rows).toBe(3);
  for (const [section, classes] of [
    [`${SECTION}; columns { y: classes }`, false],
    [SECTION, true],
  ] as const)
    expect((await rowsOf(csv, section, undefined, classes)).train.fields.at(-1)).toMatchObject({ form: 'classes' });
});

test.each(['-999', '"-999"', '[-999, "?"]', '["?", "-999.0"]'])(
  'a missing number is written as %s',
  async (missing) => {
    const csv = 'a,y\n1,1\n3,2\n-999,3\n';
    const section = `source: csv("t.csv", missing: ${missing}); target: y; missing: mean`;
    const { train } = await rowsOf(csv, section);
    expect([...numbersIn(train.fields.find(({ name }) => name === 'a')!)]).toEqual([1, 3, 2]);
  },
);

test('rows to predict come with or without a line of names, and with all, some or none of what several outputs predict', async () => {
  writeFileSync(path.join(folder, 'train.csv'), 'area,kind,rooms,price\n50,flat,2,5\n60,house,3,6\n70,flat,4,7\n');
  const text = `model Net -> price, kind {
  x = Input(2)
  price = Dense(1) <- x
  kind = Dense(2) <- x
}
data { source: csv("train.csv"); inputs { x: [area, rooms] } }
train { losses { price: mse; kind: sparse_categorical_crossentropy(from_logits: true) }; epochs: 1 }
`;
  const { spec } = compile(new Source('net.dn', text));
  const place = { dataFolder: undefined, specFolder: folder };
  const ends = { inputs: ['x'], outputs: ['price', 'kind'] };
  const { fitted } = await readData(spec.data, place, { ends, classes: { price: false, kind: true } });
  const predicted = async (csv: string) => {
    const file = path.join(folder, 'new.csv');
    writeFileSync(file, csv);
    const { table, notes } = await readRowsToPredict(spec.data, file, place, fitted!, ends);
    return [table.fields.map(({ name, data }) => `${name} ${[...numbersIn({ data })].join(' ')}`).join(', '), ...notes];
  };
  const note = 'new.csv has no line of names: its columns are taken to be those of the training rows, in their order';
  const rows = 'area 80 90, rooms 5 6';
  const whole = 'area 80 90, kind 0 1, rooms 5 6, price 8 9';
  expect(await predicted('area,kind,rooms,price\n80,flat,5,8\n90,house,6,9\n')).toEqual([whole]);
  expect(await predicted('rooms,area\n5,80\n6,90\n')).toEqual([rows]);
  expect(await predicted('price,rooms,area\n8,5,80\n9,6,90\n')).toEqual(['area 80 90, rooms 5 6, price 8 9']);
  expect(await predicted('80,flat,5,8\n90,house,6,9\n')).toEqual([whole, note]);
  expect(await predicted('80,5\n90,6\n')).toEqual([rows, note]);
  // Which of the targets a column without a name is, nothing tells.
  expect((await failureOf(() => predicted('80,5,8\n90,6,9\n'))).text).toMatch(
    /^csv-header: .*new.csv: it has 3 columns and no line of names; the training rows have 4, or 2 without what is to be predicted/,
  );
  expect((await failureOf(() => predicted('area,kind\n80,flat\n'))).text).toBe(
    'unknown-field: the network reads the field `rooms`, which the table does not have',
  );
});
