import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { sources } from '../../src/data/index.js';
import type { DataLock, Table } from '../../src/data/source.js';
import { failureOf } from './failure.js';
import { temporaryFolder } from './idx-files.js';
import { picture } from './pictures/encode.js';
import { numbersIn } from './numbers.js';

beforeEach(() => {
  vi.stubEnv('DNC_DATA', '');
  vi.stubEnv('XDG_DATA_HOME', join(temporaryFolder(), 'none'));
});

const ARGUMENTS = { folder: 'flowers', size: [2, 2], channels: 1, fit: 'stretch', range: [0, 1] };

function write(folder: string, files: Readonly<Record<string, Uint8Array | string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

const shade = (value: number) => picture(4, 4, 1, () => value);

function place(specFolder: string, lock?: DataLock) {
  return { dataFolder: undefined, specFolder, ...(lock && { lock }) };
}

function lockOf({ files }: Table): DataLock {
  return { files: new Map(files.map((file) => [file.name, file])), help: ['bring it back'] };
}

describe('image_folder', () => {
  test('one folder a class, sorted; files by their paths, deep ones, too', async () => {
    const folder = temporaryFolder();
    write(folder, {
      'flowers/tulip/b.PNG': shade(51),
      'flowers/tulip/a.jpeg.png': shade(102),
      'flowers/rose/2.png': shade(153),
      'flowers/rose/10.png': shade(0),
      'flowers/rose/more/1.png': picture(3, 9, 3, () => 204),
      'flowers/.cache/x.png': 'none',
      'flowers/rose/.hidden.png': 'none',
      'flowers/rose/notes.txt': 'none',
      'flowers/README.md': 'none',
    });
    const { train, validation, test } = await sources.image_folder.read(ARGUMENTS as never, place(folder));
    expect([validation, test]).toEqual([undefined, undefined]);
    expect(train.rows).toBe(5);
    expect(train.target).toBe('label');
    const [image, label] = train.fields;
    expect({ ...image, data: undefined }).toEqual({
      name: 'image',
      shape: [2, 2, 1],
      form: 'values',
      range: [0, 1],
      data: undefined,
    });
    expect([0, 4, 8, 12, 16].map((at) => numbersIn(image!)[at])).toEqual(
      [0, 153, 204, 102, 51].map((v) => Math.fround(v / 255)),
    );
    expect(label).toMatchObject({ form: 'classes', classes: 2, labels: ['rose', 'tulip'] });
    expect([...numbersIn(label!)]).toEqual([0, 0, 0, 1, 1]);
    expect(train.files.map(({ name, rows }) => [name, rows])).toEqual([
      ['flowers/rose', 3],
      ['flowers/tulip', 2],
    ]);
    const colours = { ...ARGUMENTS, channels: 3, range: [0, 255] };
    const bytes = (await sources.image_folder.read(colours as never, place(folder))).train.fields[0]!;
    expect(bytes.shape).toEqual([2, 2, 3]);
    expect([...numbersIn(bytes).subarray(12, 24)]).toEqual(new Array(12).fill(153));
  });

  test('parts in folders of their own, numbers as names of classes in their order', async () => {
    const folder = temporaryFolder();
    for (const part of ['train', 'val', 'test'])
      for (const name of ['10', '9'])
        write(folder, { [`flowers/${part}/${name}/1.png`]: shade(part.length * Number(name)) });
    const { train, validation, test } = await sources.image_folder.read(ARGUMENTS as never, place(folder));
    expect(train.fields[1]!.labels).toEqual(['9', '10']);
    const shades = [train, validation!, test!].map(({ fields }) =>
      [numbersIn(fields[0]!)[0]!, numbersIn(fields[0]!)[4]!].map((v) => Math.round(255 * v)),
    );
    expect(shades).toEqual([
      [45, 50],
      [27, 30],
      [36, 40],
    ]);
    expect(validation!.files.map(({ name }) => name)).toEqual(['flowers/val/9', 'flowers/val/10']);
    // A part may lack a class, whose number stays.
    rmSync(join(folder, 'flowers/test/9'), { recursive: true });
    const less = await sources.image_folder.read(ARGUMENTS as never, place(folder));
    expect([...numbersIn(less.test!.fields[1]!)]).toEqual([1]);
  });

  test.each([
    ['no folder', {}, /^file-missing: flowers \(a folder\) does not exist/],
    ['a file', { flowers: 'x' }, /it is a file and no folder/],
    ['no classes', { 'flowers/1.png': shade(1) }, /^folder-layout: the folder flowers .* it has no sub-folders/],
    [
      'a class without pictures',
      { 'flowers/a/1.png': shade(1), 'flowers/b/notes.txt': '' },
      /flowers\/b .* it holds no pictures \(\.png, \.jpg or \.jpeg\)/,
    ],
    [
      'a class beside the parts',
      { 'flowers/train/a/1.png': shade(1), 'flowers/b/1.png': shade(1) },
      /the folder b beside train, which is no part/,
    ],
    [
      'a class that no training row has',
      { 'flowers/train/a/1.png': shade(1), 'flowers/test/b/1.png': shade(1) },
      /flowers\/test .* no training row has the class b: flowers\/train holds a/,
    ],
    [
      'a picture of another kind',
      { 'flowers/a/1.webp': 'RIFF' },
      /^image-damaged: flowers\/a\/1.webp is of a kind that is not read/,
    ],
    [
      'what is no picture',
      { 'flowers/a/1.jpg': '<html>' },
      /^image-damaged: flowers\/a\/1.jpg is no image that can be read/,
    ],
    ['an empty file', { 'flowers/a/1.png': '' }, /^image-damaged: flowers\/a\/1.png is empty/],
    [
      'a picture that was cut off',
      { 'flowers/a/1.png': shade(1).subarray(0, 50) },
      /^image-damaged: flowers\/a\/1.png is incomplete/,
    ],
  ] as const)('%s', async (_, files, expected) => {
    const folder = temporaryFolder();
    write(folder, files);
    const { text, exit } = await failureOf(() => sources.image_folder.read(ARGUMENTS as never, place(folder)));
    expect(text).toMatch(expected);
    expect(exit).toBe(4);
  });

  test.skipIf(process.platform === 'win32')(
    'a link that leads nowhere, and folders that lie in each other for ever',
    async () => {
      const folder = temporaryFolder();
      write(folder, { 'flowers/a/1.png': shade(1) });
      symlinkSync(join(folder, 'gone.png'), join(folder, 'flowers/a/2.png'));
      const read = () => sources.image_folder.read(ARGUMENTS as never, place(folder));
      expect((await failureOf(read)).text).toMatch(/^file-missing: flowers\/a\/2.png/);
      rmSync(join(folder, 'flowers/a/2.png'));
      symlinkSync(join(folder, 'flowers/a'), join(folder, 'flowers/a/again'));
      expect((await failureOf(read)).text).toMatch(/lie more than 8 deep/);
    },
  );

  test('what a run found is held to: a picture that changed, was cut off, came or went', async () => {
    const folder = temporaryFolder();
    write(folder, { 'flowers/a/1.png': shade(1), 'flowers/a/2.png': shade(2), 'flowers/b/1.png': shade(3) });
    const { train } = await sources.image_folder.read(ARGUMENTS as never, place(folder));
    const again = () => sources.image_folder.read(ARGUMENTS as never, place(folder, lockOf(train)));
    expect((await again()).train.files).toEqual(train.files);
    const changed = /^data-changed: flowers\/a is not the file that the run was made with/;
    for (const content of [shade(7), shade(2).subarray(0, 40)]) {
      write(folder, { 'flowers/a/2.png': content });
      const { text, help } = await failureOf(again);
      expect(text).toMatch(changed);
      expect(help).toEqual(['bring it back']);
    }
    write(folder, { 'flowers/a/2.png': shade(2), 'flowers/a/3.png': shade(2) });
    expect((await failureOf(again)).text).toMatch(changed);
    rmSync(join(folder, 'flowers/a/3.png'));
    expect((await again()).train.rows).toBe(3);
    rmSync(join(folder, 'flowers/a/1.png'));
    expect((await failureOf(again)).text).toMatch(/data-changed: .*: it is shorter/);
  });

  test('more numbers than memory is taken for are refused before', async () => {
    const folder = temporaryFolder();
    write(folder, Object.fromEntries(Array.from({ length: 6 }, (_, k) => [`flowers/a/${k}.png`, shade(1)])));
    const large = { ...ARGUMENTS, size: [4096, 4096], channels: 3 };
    const { text } = await failureOf(() => sources.image_folder.read(large as never, place(folder)));
    expect(text).toMatch(/^table-too-large/);
  });

  test('rows to predict: a picture, or a folder of them of any kind', async () => {
    const folder = temporaryFolder();
    write(folder, { 'new/1.png': shade(51), 'new/deep/2.png': shade(102) });
    const read = (name: string) => sources.image_folder.readRows!(ARGUMENTS as never, name, place(folder));
    const both = await read('new');
    expect([both.rows, both.fields.length, both.target]).toEqual([2, 1, 'label']);
    expect([...numbersIn((await read('new/deep/2.png')).fields[0]!)]).toEqual(new Array(4).fill(Math.fround(0.4)));
    expect((await failureOf(() => read('old'))).text).toMatch(/^file-missing: old/);
  });
});

describe('text_folder', () => {
  const read = (folder: string, classes?: readonly string[]) =>
    sources.text_folder.read({ folder: 'reviews', classes } as never, place(folder));

  test('one folder a class, some of them', async () => {
    const folder = temporaryFolder();
    write(folder, {
      'reviews/train/pos/0_9.txt': 'Good.',
      'reviews/train/pos/1_9.txt': 'Better',
      'reviews/train/neg/0_1.txt': '\ufeffBad – naïve',
      'reviews/train/unsup/0_0.txt': 'Neither',
      'reviews/test/pos/0_9.txt': 'Good.',
      'reviews/test/neg/0_1.txt': '',
      'reviews/train/urls_pos.txt': 'no class',
    });
    const { train, test } = await read(folder, ['pos', 'neg']);
    const [text, label] = train.fields;
    expect(label).toMatchObject({ labels: ['neg', 'pos'], classes: 2 });
    expect([...numbersIn(label!)]).toEqual([0, 1, 1]);
    expect(text).toMatchObject({ form: 'texts', prose: true, texts: ['Bad – naïve', 'Good.', 'Better'] });
    expect([...numbersIn(text!)]).toEqual([0, 1, 2]);
    expect([...numbersIn(test!.fields[0]!)].map((k) => test!.fields[0]!.texts![k])).toEqual(['', 'Good.']);
    expect((await failureOf(() => read(folder, ['pos', 'bad']))).text).toMatch(
      /no sub-folder bad, which `classes` names/,
    );
  });

  test('what is no UTF-8 is named with its line', async () => {
    const folder = temporaryFolder();
    write(folder, { 'reviews/a/1.txt': Buffer.from('fine\nstill fine\nna\xefve\n', 'latin1') });
    expect((await failureOf(() => read(folder))).text).toBe(
      'csv-encoding: reviews/a/1.txt is no text in UTF-8: line 3 holds bytes that are no letter',
    );
  });
});
