import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeFitted } from '../../src/data/columns.js';
import { type DataChoices, readData, readRowsToPredict } from '../../src/data/read.js';
import { failureOf } from './failure.js';
import { temporaryFolder } from './idx-files.js';
import { picture } from './pictures/encode.js';
import { numbersIn } from './numbers.js';

const PICTURE = { word: 'image_file', arguments: { size: [2, 2], channels: 1, fit: 'stretch', range: [0, 1] } };

function csv(files: readonly string[] = ['t.csv'], more = {}) {
  return { word: 'csv', arguments: { files, header: 'auto', decimal: '.', missing: [''], ...more } };
}

function data(columns: DataChoices['columns'], more: Partial<DataChoices> = {}): DataChoices {
  return { source: csv(), seed: 0, target: 'y', ...(columns && { columns }), ...more };
}

function folderWith(table: string): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'tables/shots'), { recursive: true });
  writeFileSync(join(folder, 'tables/t.csv'), table);
  for (const value of [0, 51, 102])
    writeFileSync(
      join(folder, `tables/shots/${value}.png`),
      picture(3, 3, 1, () => value),
    );
  return folder;
}

const place = (folder: string) => ({ dataFolder: folder, specFolder: folder });
const ends = { inputs: ['shot', 'a'], outputs: ['y'] };
const TABLE = 'shot,a,y\nshots/51.png,1,5\nshots/102.png,2,6\nshots/51.png,3,7\n';

const read = (folder: string, choices: DataChoices) =>
  readData({ ...choices, source: csv(['tables/t.csv']) }, place(folder), { ends, classes: { y: false } });

test('a column names pictures beside its table; a picture that two rows name is read once', async () => {
  const folder = folderWith(TABLE);
  const { train, fitted, files } = await read(folder, data({ shot: PICTURE }));
  const shot = train.fields.find(({ name }) => name === 'shot')!;
  expect({ ...shot, data: [...numbersIn(shot)] }).toEqual({
    name: 'shot',
    position: 1,
    shape: [2, 2, 1],
    form: 'values',
    range: [0, 1],
    data: [0.2, 0.2, 0.2, 0.2, 0.4, 0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.2].map(Math.fround),
  });
  expect(files.map(({ name, rows }) => [name, rows])).toEqual([
    ['tables/t.csv', 3],
    ['tables/t.csv: shot', 2],
  ]);
  expect(describeFitted(fitted!).fields[0]).toEqual({
    name: 'shot',
    position: 1,
    shape: [2, 2, 1],
    form: 'values',
    range: [0, 1],
  });
  // Names may start in a folder of their own, and rows to predict are read in the same way, without the target.
  writeFileSync(join(folder, 'new.csv'), 'shot,a\nshots/0.png,9\n');
  const { table } = await readRowsToPredict(
    data(undefined),
    join(folder, 'new.csv'),
    place(folder),
    {
      ...fitted!,
      columns: fitted!.columns.map((column) =>
        column.kind === 'image_file' ? { ...column, folder: 'tables' } : column,
      ),
    },
    ends,
  );
  expect(table.fields.map(({ name, data }) => [name, [...numbersIn({ data })]])).toEqual([
    ['shot', [0, 0, 0, 0]],
    ['a', [9]],
  ]);
});

test('what is missing or no picture is named', async () => {
  const cases = [
    ['shot,a,y\nshots/7.png,1,2\n', /^file-missing: shots\/7.png \(a picture of the column shot\) does not exist/],
    ['shot,a,y\nshots,1,2\n', /^file-unreadable: shots cannot be read: it is a folder/],
    ['shot,a,y\nt.csv,1,2\n', /^image-damaged: t.csv is no image that can be read/],
    [
      'shot,a,y\nshots/51.png,1,2\n,3,4\n',
      /^missing-cells: the column shot has 1 missing cell; the first is in line 3/,
    ],
  ] as const;
  for (const [table, expected] of cases)
    expect((await failureOf(() => read(folderWith(table), data({ shot: PICTURE })))).text).toMatch(expected);
});

test('rows that are dropped need no picture', async () => {
  const drop = { ...PICTURE, arguments: { ...PICTURE.arguments, missing: 'drop' } };
  const { train, dropped } = await read(folderWith('shot,a,y\nshots/51.png,1,2\n,3,4\n'), data({ shot: drop }));
  expect([train.rows, dropped]).toEqual([1, 1]);
  const other = 'shot,a,y\nshots/51.png,1,2\nshots/none.png,,4\n';
  expect((await read(folderWith(other), data({ shot: PICTURE }, { missing: 'drop' }))).train.rows).toBe(1);
});

test('a picture that changed since the run is refused before it is decoded', async () => {
  const folder = folderWith(TABLE);
  const { files } = await read(folder, data({ shot: PICTURE }));
  const lock = { files: new Map(files.map((file) => [file.name, file])), help: [] };
  writeFileSync(join(folder, 'tables/shots/51.png'), 'cut');
  const again = readData(
    { ...data({ shot: PICTURE }), source: csv(['tables/t.csv']) },
    { ...place(folder), lock },
    { ends },
  );
  expect((await failureOf(() => again)).text).toMatch(/^data-changed: tables\/t.csv: shot is not the file/);
});

test('tokens of a column, kept for rows to predict', async () => {
  const folder = folderWith('shot,a,y\n"Fine, really fine!",1,1\nNot fine,2,0\n');
  const tokens = { word: 'tokens', arguments: { max_tokens: 10, length: 3 } };
  const { train, fitted } = await read(folder, data({ shot: tokens }));
  expect([...numbersIn(train.fields[0]!)]).toEqual([2, 3, 2, 4, 2, 0]);
  writeFileSync(join(folder, 'new.csv'), 'a,shot\n9,really odd\n');
  const { table } = await readRowsToPredict(data(undefined), join(folder, 'new.csv'), place(folder), fitted!, ends);
  expect([...numbersIn(table.fields[0]!)]).toEqual([3, 1, 0]);
});

test('a target that is left out, and a line break between cells', async () => {
  const folder = folderWith(TABLE);
  const skip = data({ y: { word: 'skip', arguments: {} } });
  expect((await failureOf(() => read(folder, skip))).text).toBe(
    'skipped-target: the column y is to be predicted, and `columns` leaves it out',
  );
  for (const separator of ['\n', '\r', '"']) {
    const source = csv(['tables/t.csv'], { separator });
    const { text } = await failureOf(() => readData({ ...data(undefined), source }, place(folder), { ends }));
    expect(text).toBe(`csv-separator: cells cannot be separated by ${JSON.stringify(separator)}`);
  }
});
