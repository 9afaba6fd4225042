import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compile } from '../../src/compiler/compile.js';
import { type DataRows, readData } from '../../src/data/read.js';
import { Source } from '../../src/diagnostics/source.js';
import { makeTemporaryFolder, removeFolder } from '../support/folders.js';

let folder: string;
beforeAll(() => {
  folder = makeTemporaryFolder();
});
afterAll(() => removeFolder(folder));

/** The rows of `t.csv` by what a spec's data section says of it. */
async function rowsOf(csv: string, section: string, fitted?: DataRows['fitted']): Promise<DataRows> {
  writeFileSync(path.join(folder, 't.csv'), csv);
  const text = `model Net {\n  x = Input(3)\n  y = Dense(1)\n}\ndata { ${section} }\ntrain { loss: mse; epochs: 1 }\n`;
  const { spec } = compile(new Source('net.dn', text));
  return readData(spec.data, { dataFolder: undefined, specFolder: folder }, { inputs: ['x'], fitted });
}

const note = (texts: string) =>
  `a is read as categories, since ${texts} different cells); \`columns { a: number }\` finds them, \`a: one_hot\` means it`;

test('a column that is categories because of a few cells is told, unless the spec says what it is', async () => {
  const csv = 'a,y\n1,1\n2.5,2\nNA,2\nunknown,3\n4,3\n';
  const found = await rowsOf(csv, 'source: csv("t.csv"); target: y');
  expect(found.notes).toEqual([note('"unknown" is no number (1 of 5')]);
  const said = 'source: csv("t.csv"); target: y; columns { a: one_hot }';
  expect((await rowsOf(csv, said)).notes).toEqual([]);
  // Reading rows as they were learned to be read is no news.
  expect((await rowsOf(csv, 'source: csv("t.csv"); target: y', found.fitted)).notes).toEqual([]);
  // A target's names are classes; categories are mostly words.
  expect((await rowsOf('a,y\n1,1\n2,2\n3,no\n', 'source: csv("t.csv"); target: y')).notes).toEqual([]);
  expect((await rowsOf('a,y\n1,1\nnorth,2\nsouth,3\n', 'source: csv("t.csv"); target: y')).notes).toEqual([]);
});

test.each(['-999', '"-999"', '[-999, "?"]', '["?", "-999.0"]'])(
  'a missing number is written as %s',
  async (missing) => {
    const csv = 'a,y\n1,1\n3,2\n-999,3\n';
    const section = `source: csv("t.csv", missing: ${missing}); target: y; missing: mean`;
    const { train } = await rowsOf(csv, section);
    expect([...train.fields.find(({ name }) => name === 'a')!.data]).toEqual([1, 3, 2]);
  },
);
