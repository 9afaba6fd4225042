import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { check } from '../../src/commands/check.js';
import type { Command, Io, Options } from '../../src/commands/command.js';
import { compile } from '../../src/commands/compile.js';
import { convert } from '../../src/commands/convert.js';
import { data as dataCommand } from '../../src/commands/data.js';
import { diff } from '../../src/commands/diff.js';
import { train } from '../../src/commands/train.js';
import { Failure } from '../../src/diagnostics/report.js';
import { render } from '../../src/diagnostics/render.js';
import { temporaryFolder } from '../support/folders.js';

// What the commands say of a table that a spec reads, before and while they train on it.
const home = process.cwd();
beforeEach(() => process.chdir(temporaryFolder()));
afterEach(() => process.chdir(home));

/** What a command ends with, and all that it says; what the process would print of a failure. */
async function run(command: Command, parameters: readonly unknown[], options: Options = {}) {
  let said = '';
  const say = (text: string) => {
    said += text;
  };
  const io: Io = { out: say, note: say, status: () => {}, terminal: false, colour: false, outColour: false };
  try {
    const code = await command.run({ parameters: parameters as readonly string[], options, io });
    return { code, said };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { code: error.exit, said: said + render(error.diagnostics) };
  }
}

const REGIONS = ['north', 'south', 'west'];

function houses(change: (row: string[], k: number) => void = () => {}): string {
  const rows = Array.from({ length: 40 }, (_, k) => {
    const row = [String(50 + k), String(1 + (k % 7)), REGIONS[k % 3]!, String(1000 + 20 * k)];
    change(row, k);
    return row.join(',');
  });
  return `size,age,region,price\n${rows.join('\n')}\n`;
}

function spec(input = 'Input', data = 'target: price', hidden = 4): string {
  return `model House {\n  facts = ${input}\n  hidden = Dense(${hidden}, activation: relu)\n  value = Dense(1)\n}\ndata { source: csv("houses.csv"); ${data} }\ntrain { loss: mse; epochs: 1 }\n`;
}

const options = { engine: 'tfjs-cpu', threads: '1' };

test.each(['Input', 'Input(12)'])(
  'a slip of the pen among numbers is told by check, compile and train: %s',
  async (input) => {
    writeFileSync(
      'houses.csv',
      houses((row, k) => k === 8 && (row[1] = '4o')),
    );
    writeFileSync('house.dn', spec(input));
    const warning =
      /warning\[numbers-with-texts\]: age is read as categories, though 39 of 40 cells are numbers: line 10 of houses\.csv has "4o"/g;
    for (const [command, parameters] of [
      [check, [['house.dn']]],
      [compile, ['house.dn']],
      [train, ['house.dn']],
      [dataCommand, ['check', 'house.dn']],
    ] as const) {
      const { code, said } = await run(command, parameters, command === train ? options : {});
      expect([command.name, code, said.match(warning)?.length]).toEqual([command.name, 0, 1]);
    }
  },
);

test.each([
  ['target: prise', 'Input(5)', /error\[unknown-field\].*`prise`[\s\S]*did you mean `price`\?/],
  ['missing: drop', 'Input(5)', /error\[no-target\].*size, age, region, price[\s\S]*`target: price`/],
  [
    'target: price',
    'Input(8)',
    /error\[field-mismatch\]: the input facts takes 8 numbers a row, the data have 5 \(size 1, age 1, region 3\)[\s\S]*write Input\(5\)/,
  ],
])('check and compile say of a table that is there what train would: %s, %s', async (data, input, message) => {
  writeFileSync('house.dn', spec(input, data));
  // A table that is elsewhere says nothing.
  for (const [command, parameters] of [
    [check, [['house.dn']]],
    [compile, ['house.dn']],
  ] as const)
    expect(await run(command, parameters)).toMatchObject({ code: 0 });
  writeFileSync('houses.csv', houses());
  for (const [command, parameters] of [
    [check, [['house.dn']]],
    [compile, ['house.dn']],
    [train, ['house.dn']],
  ] as const) {
    const { code, said } = await run(command, parameters, command === train ? options : {});
    expect([command.name, code]).toEqual([command.name, 4]);
    expect(said).toMatch(message);
  }
  rmSync('houses.csv');
});

test('a regression says which cell made its target classes', async () => {
  writeFileSync(
    'houses.csv',
    houses((row, k) => k === 1 && (row[3] = 'sold')),
  );
  writeFileSync('house.dn', spec());
  for (const [command, parameters] of [
    [check, [['house.dn']]],
    [train, ['house.dn']],
  ] as const)
    expect((await run(command, parameters, command === train ? options : {})).said).toMatch(
      /error\[target-with-texts\]: the target price .* line 3 of houses\.csv has "sold"/,
    );
});

test('diff reads the shapes of tables as check does', async () => {
  writeFileSync('houses.csv', houses());
  writeFileSync('a.dn', spec());
  writeFileSync('b.dn', spec('Input', 'target: price', 6));
  const { code, said } = await run(diff, ['a.dn', 'b.dn']);
  expect(code).toBe(0);
  expect(said).toMatch(/hidden\s.*4.*6/);
  await run(convert, ['a.dn', 'a.yaml']);
  expect(await run(diff, ['a.dn', 'a.yaml'], { exitCode: true })).toMatchObject({ code: 0 });
  mkdirSync('elsewhere');
  renameSync('houses.csv', 'elsewhere/houses.csv');
  expect(await run(diff, ['a.dn', 'b.dn'])).toMatchObject({ code: 4, said: expect.stringContaining('file-missing') });
  expect(await run(diff, ['a.dn', 'b.dn'], { dataDir: 'elsewhere' })).toEqual({ code, said });
});
