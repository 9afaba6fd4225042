import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { check } from '../../src/commands/check.js';
import type { Command, Io, Options } from '../../src/commands/command.js';
import { compile } from '../../src/commands/compile.js';
import { convert } from '../../src/commands/convert.js';
import { data as dataCommand } from '../../src/commands/data.js';
import { diff } from '../../src/commands/diff.js';
import { predict } from '../../src/commands/predict.js';
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

test('numbers with a decimal comma are told before the number of numbers that they make as categories', async () => {
  const comma = (value: number) => value.toFixed(3).replace('.', ',');
  const rows = Array.from({ length: 60 }, (_, k) => `${comma(k / 7)};${comma(k / 11 - 2)};${k}`);
  writeFileSync('houses.csv', `a;b;price\n${rows.join('\n')}\n`);
  writeFileSync('house.dn', spec('Input(2)'));
  for (const [command, parameters] of [
    [check, [['house.dn']]],
    [train, ['house.dn']],
  ] as const) {
    const { code, said } = await run(command, parameters, command === train ? options : {});
    expect(code).toBe(4);
    expect(said).toMatch(
      /warning\[numbers-with-texts\]: a is [\s\S]*`decimal: ","`[\s\S]*warning\[numbers-with-texts\]: b is [\s\S]*error\[field-mismatch\][\s\S]*a is read as 60 categories; as numbers with a decimal comma: `decimal: ","` in csv/,
    );
    expect(said).not.toMatch(/write Input\(|tokens\(/);
  }
  // What the help says works.
  writeFileSync('house.dn', spec('Input(2)').replace('"houses.csv"', '"houses.csv", decimal: ","'));
  expect(await run(check, [['house.dn']])).toEqual({ code: 0, said: 'house.dn: fine\n' });
});

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

/** What the commands that come before training say, and training itself: all alike. */
async function sayAlike(file: string, message: RegExp): Promise<void> {
  for (const [command, parameters] of [
    [check, [[file]]],
    [compile, [file]],
    [train, [file]],
  ] as const) {
    const { code, said } = await run(command, parameters, command === train ? options : {});
    expect([command.name, code]).toEqual([command.name, 4]);
    expect(said).toMatch(message);
  }
}

test('a target that is spelt otherwise is among the columns that are told', async () => {
  writeFileSync('houses.csv', houses().replace('price', 'colour'));
  const inputs = 'size = Input(1)\n  age = Input(1)\n  both = Concatenate <- size, age';
  const text = (target: string) => spec('Input', `target: ${target}`).replace('facts = Input', inputs);
  writeFileSync('house.dn', text('color'));
  await sayAlike(
    'house.dn',
    /error\[unknown-field\]: the output value reads the field `color`[\s\S]*did you mean `colour`\?/,
  );
  writeFileSync('house.dn', text('hue'));
  await sayAlike(
    'house.dn',
    /error\[unknown-field\]: the output value reads the field `hue`[\s\S]*fields: size, age, region, colour/,
  );
});

const DIGITS = `model Net {
  img = Input(28, 28, 1)
  flat = Flatten
  extra = Input(3)
  both = Concatenate <- flat, extra
  digit = Dense(10)
}
data { source: drawn_digits(train: 100, test: 50); validation: 20; inputs { img: image } }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }
`;

test.each([
  [DIGITS, /error\[unknown-field\]: the input extra reads the field `extra`[\s\S]*`inputs \{ extra: … \}`/],
  [
    DIGITS.replace('img: image', 'img: imgae'),
    /error\[unknown-field\]: the input img .*`imgae`[\s\S]*did you mean `image`/,
  ],
  [
    DIGITS.replace('img: image }', 'img: image; extra: image }'),
    /error\[field-mismatch\]: the input extra takes 3 numbers a row, the data have 28×28×1 a row \(image\)/,
  ],
])('check and compile know the fields of a source that tells them: %#', async (text, message) => {
  writeFileSync('digits.dn', text);
  await sayAlike('digits.dn', message);
});

test.each([
  [
    'Reshape(4, 8); Flatten; Embedding(10, 4)',
    /tokens holds 99 in row \d+, and embedding_1 has vectors for 0 to 9[\s\S]*Embedding\(100, …\)/,
  ],
  ['Reshape(4, 8); Flatten; Rescaling(0.5); Embedding(10, 4)', /error\[indices-computed\]/],
])('an Embedding that no vector would answer is refused before training: %s', async (layers, message) => {
  writeFileSync(
    'words.dn',
    `model A { tokens = Input(32); ${layers}; GlobalAveragePooling1D; label = Dense(2) }
data { source: sequences(train: 300, test: 100); validation: 50 }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }`,
  );
  expect((await run(train, ['words.dn'], options)).said).toMatch(message);
});

test('pixels are no indices', async () => {
  writeFileSync(
    'pixels.dn',
    `model A { image = Input(784); Flatten; Embedding(2, 4); GlobalAveragePooling1D; digit = Dense(10) }
data { source: drawn_digits(train: 100, test: 50); validation: 20 }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }`,
  );
  const { code, said } = await run(train, ['pixels.dn'], options);
  expect(code).toBe(4);
  expect(said).toMatch(/error\[token-out-of-range\][\s\S]*an Embedding reads whole numbers from 0 on/);
});

test.each([
  [
    'photo',
    (k: number) => `shots/${k}.PNG`,
    /photo is read as 40 categories; as the pictures that it names: `columns \{ photo: image_file\(/,
  ],
  [
    'remark',
    (k: number) => `a fine house no ${k}`,
    /remark is read as 40 categories; as texts of words: `columns \{ remark: tokens\(/,
  ],
])('a column of texts that makes too many numbers names the other way to read it: %s', async (name, cell, message) => {
  writeFileSync('houses.csv', houses((row, k) => (row[2] = cell(k))).replace('region', name));
  writeFileSync('house.dn', spec('Input(12)'));
  await sayAlike('house.dn', message);
});

test('a picture for --input where rows come from a table', async () => {
  writeFileSync('houses.csv', houses());
  writeFileSync('house.dn', spec('Input', 'target: price'));
  expect((await run(train, ['house.dn'], { ...options, out: 'run' })).code).toBe(0);
  writeFileSync('x.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xff));
  const picture = await run(predict, ['run/house.min.dn'], { ...options, input: 'x.png' });
  expect(picture.code).toBe(4);
  expect(picture.said).toMatch(/error\[predict-file\]: --input names x\.png, a picture; the rows come from csv/);
  writeFileSync('rows.csv', 'size,age,region\n1,2\n');
  const ragged = await run(predict, ['run/house.min.dn'], { ...options, input: 'rows.csv' });
  expect(ragged.said).toMatch(/error\[csv-ragged\]/);
  // Nothing of it is the spec's.
  for (const { said } of [picture, ragged]) expect(said).not.toMatch(/-->/);
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
