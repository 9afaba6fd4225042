import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ownDataFolder } from '../../src/data/folders.js';
import { sources } from '../../src/data/index.js';
import { failureOf } from './failure.js';
import { idxBytes, temporaryFolder } from './idx-files.js';
import { numbersIn } from './numbers.js';

const range = [0, 1];

/** `rows` images of 28×28 whose pixels are all the row's number, and labels that count up. */
function writeMnist(
  folder: string,
  rows: number,
  name = (part: string, kind: string) => `${part}-${kind}-ubyte.gz`,
): void {
  mkdirSync(folder, { recursive: true });
  for (const part of ['train', 't10k']) {
    const pixels = Array.from({ length: rows * 784 }, (_, k) => Math.floor(k / 784));
    const files = {
      'images-idx3': idxBytes([rows, 28, 28], pixels),
      'labels-idx1': idxBytes(
        [rows],
        Array.from({ length: rows }, (_, k) => k % 10),
      ),
    };
    for (const [kind, bytes] of Object.entries(files)) {
      const file = name(part, kind);
      writeFileSync(join(folder, file), file.endsWith('.gz') ? gzipSync(bytes) : bytes);
    }
  }
}

// Neither the data of the machine nor those of its user are found by accident.
beforeEach(() => {
  vi.stubEnv('DNC_DATA', '');
  vi.stubEnv('XDG_DATA_HOME', join(temporaryFolder(), 'none'));
});
afterEach(() => void vi.unstubAllEnvs());

describe('where MNIST is looked for', () => {
  test('--data-dir before DNC_DATA before the spec before the own folder; packed and unpacked; both spellings', async () => {
    const [first, second, third] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    writeMnist(join(first, 'mnist'), 11);
    writeMnist(join(second, 'mnist'), 12, (part, kind) => `${part}-${kind}-ubyte`);
    writeMnist(join(third, 'dnc', 'mnist'), 13, (part, kind) => `${part}-${kind.replace('-', '.')}-ubyte`);
    vi.stubEnv('DNC_DATA', second);
    const rows = async (dataFolder: string | undefined) =>
      (await sources.mnist.read({ range }, { dataFolder, specFolder: '.' })).train.rows;
    expect(await rows(first)).toBe(11);
    expect(await rows(undefined)).toBe(12);
    expect(await rows(join(first, 'mnist'))).toBe(12);
    vi.stubEnv('DNC_DATA', '');
    if (process.platform === 'linux') {
      vi.stubEnv('XDG_DATA_HOME', third);
      expect(await rows(undefined)).toBe(13);
    }
    const spec = temporaryFolder();
    const besideSpec = async () =>
      (await sources.mnist.read({ range }, { dataFolder: undefined, specFolder: spec })).train.rows;
    writeMnist(join(spec, 'data', 'mnist'), 14);
    expect(await besideSpec()).toBe(14);
    writeMnist(join(spec, 'mnist'), 15);
    expect(await besideSpec()).toBe(15);
    vi.stubEnv('DNC_DATA', second);
    expect(await besideSpec()).toBe(12);
  });

  test('the own folder of each system', () => {
    expect(ownDataFolder({ XDG_DATA_HOME: '/data' }, 'linux')).toBe(join('/data', 'dnc'));
    expect(ownDataFolder({ LOCALAPPDATA: '/local' }, 'win32')).toBe(join('/local', 'dnc'));
    expect(ownDataFolder({}, 'linux')?.endsWith(join('.local', 'share', 'dnc'))).toBe(true);
    expect(ownDataFolder({}, 'darwin')?.endsWith(join('Library', 'Application Support', 'dnc'))).toBe(true);
  });

  test('what is read: pixels in [0, 1] or as bytes, labels, hashes under names that hold on every machine', async () => {
    const folder = temporaryFolder();
    writeMnist(join(folder, 'fashion-mnist'), 20);
    const read = (range: readonly number[]) =>
      sources.fashion_mnist.read({ range }, { dataFolder: folder, specFolder: '.' });
    const { train, test: held } = await read(range);
    expect(train.fields.map(({ data: _, ...field }) => field)).toEqual(
      sources.fashion_mnist.describe!({ range })!.fields,
    );
    expect([train.rows, held!.rows, train.target]).toEqual([20, 20, 'label']);
    expect(numbersIn(train.fields[0]!)[19 * 784 + 5]).toBe(Math.fround(19 / 255));
    expect([...numbersIn(train.fields[1]!).slice(8, 12)]).toEqual([8, 9, 0, 1]);
    expect(train.files.map(({ name }) => name)).toEqual([
      'fashion-mnist/train-images-idx3-ubyte.gz',
      'fashion-mnist/train-labels-idx1-ubyte.gz',
    ]);
    expect(numbersIn((await read([0, 255])).train.fields[0]!)[19 * 784 + 5]).toBe(19);
  });

  test('nothing found: where it was looked and what to do', async () => {
    const folder = temporaryFolder();
    vi.stubEnv('DNC_DATA', join(folder, 'elsewhere'));
    const where = { dataFolder: join(folder, 'data'), specFolder: join(folder, 'spec') };
    const missing = await failureOf(() => sources.mnist.read({ range }, where));
    expect(missing.exit).toBe(4);
    expect(missing.text).toMatchInlineSnapshot(
      `"data-missing: the data source mnist finds no train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz"`,
    );
    expect(missing.help.map((line) => line.replaceAll(folder, 'DIR').replaceAll('\\', '/'))).toEqual([
      'looked in DIR/data/mnist (--data-dir)',
      'looked in DIR/elsewhere/mnist (DNC_DATA)',
      'looked in DIR/spec/mnist (beside the spec)',
      'looked in DIR/spec/data/mnist (in data/ beside the spec)',
      expect.stringMatching(/^looked in .*mnist \(dnc's data folder\)$/),
      'download them: dnc data fetch mnist',
      'or put the files into a folder mnist, and name the folder above it: --data-dir FOLDER',
    ]);
    writeMnist(join(folder, 'data'), 3);
    const above = await failureOf(() => sources.mnist.read({ range }, where));
    expect(above.help.at(-1)).toBe(
      '--data-dir itself has these files: name the folder above it, and call this one mnist',
    );
  });

  test('an incomplete or inconsistent set', async () => {
    const folder = temporaryFolder();
    const own = join(folder, 'mnist');
    const read = async () =>
      (await failureOf(() => sources.mnist.read({ range }, { dataFolder: folder, specFolder: '.' }))).text;
    writeMnist(own, 12);
    rmSync(join(own, 't10k-labels-idx1-ubyte.gz'));
    expect(await read()).toMatchInlineSnapshot(
      `"file-missing: mnist/t10k-labels-idx1-ubyte.gz (test labels) does not exist"`,
    );
    writeMnist(own, 12);
    writeFileSync(join(own, 'train-labels-idx1-ubyte.gz'), gzipSync(idxBytes([11], Array(11).fill(1))));
    expect(await read()).toMatchInlineSnapshot(
      `"rows-differ: mnist/train-images-idx3-ubyte.gz has 12 rows, mnist/train-labels-idx1-ubyte.gz has 11"`,
    );
    writeFileSync(join(own, 'train-labels-idx1-ubyte.gz'), gzipSync(idxBytes([12], [...Array(11).fill(1), 10])));
    expect(await read()).toMatchInlineSnapshot(
      `"label-out-of-range: label out of range: row 11 of mnist/train-labels-idx1-ubyte.gz is 10, but the data set has 10 classes (0 to 9)"`,
    );
    writeFileSync(join(own, 'train-images-idx3-ubyte.gz'), gzipSync(idxBytes([12, 2, 2], Array(48).fill(1))));
    expect(await read()).toMatchInlineSnapshot(
      `"idx-header: mnist/train-images-idx3-ubyte.gz has a wrong header: at byte 8 expected 28 as extent 1 of a row, found 2"`,
    );
  });
});

describe('idx', () => {
  const write = (folder: string, name: string, bytes: Uint8Array) => writeFileSync(join(folder, name), bytes);

  test('paths are relative to the spec, extents and classes come from the files', async () => {
    const folder = temporaryFolder();
    write(folder, 'a', idxBytes([3, 2, 2], [0, 51, 102, 153, 204, 255, 0, 0, 0, 0, 0, 0]));
    write(folder, 'b', idxBytes([3], [4, 0, 2]));
    write(folder, 'c', idxBytes([1, 2, 2], [9, 9, 9, 9]));
    write(folder, 'd', idxBytes([1], [1]));
    const args = { images: ['a'], labels: ['b'], test_images: ['c'], test_labels: ['d'], range };
    const { train, test: held } = await sources.idx.read(args, { dataFolder: undefined, specFolder: folder });
    expect(train.fields[0]).toMatchObject({ name: 'image', shape: [2, 2, 1], form: 'values' });
    expect([...numbersIn(train.fields[0]!).slice(0, 6)]).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1].map(Math.fround));
    expect(train.fields[1]).toMatchObject({ name: 'label', shape: [], form: 'classes', classes: 5 });
    expect(held!.rows).toBe(1);
    const { test: none } = await sources.idx.read(
      { images: ['a'], labels: ['b'], range },
      { dataFolder: undefined, specFolder: folder },
    );
    expect(none).toBeUndefined();
  });

  test('several files are read one behind the other, each with its rows in the data lock', async () => {
    const folder = temporaryFolder();
    write(folder, 'a', idxBytes([1, 2, 2], [0, 51, 102, 153]));
    write(folder, 'b', idxBytes([2, 2, 2], [255, 204, 0, 0, 51, 51, 51, 51]));
    write(folder, 'labels', idxBytes([3], [2, 0, 1]));
    write(folder, 'wide', idxBytes([2, 2, 3], Array(12).fill(0)));
    const place = { dataFolder: undefined, specFolder: folder };
    const { train } = await sources.idx.read({ images: ['a', 'b'], labels: ['labels'], range }, place);
    expect([...numbersIn(train.fields[0]!)]).toEqual(
      [0, 0.2, 0.4, 0.6, 1, 0.8, 0, 0, 0.2, 0.2, 0.2, 0.2].map(Math.fround),
    );
    expect([...numbersIn(train.fields[1]!)]).toEqual([2, 0, 1]);
    expect(train.files.map(({ name, rows, bytes }) => [name, rows, bytes])).toEqual([
      ['a', 1, 20],
      ['b', 2, 24],
      ['labels', 3, 11],
    ]);
    const other = await failureOf(() => sources.idx.read({ images: ['a', 'wide'], labels: ['labels'], range }, place));
    expect(other.text).toMatchInlineSnapshot(`"shapes-differ: rows of a are 2×2, rows of wide are 2×3"`);
  });

  test('floats are taken as they are', async () => {
    const folder = temporaryFolder();
    write(folder, 'a', idxBytes([1, 2], [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0], 13));
    write(folder, 'b', idxBytes([1], [0]));
    const { train } = await sources.idx.read(
      { images: ['a'], labels: ['b'], range },
      { dataFolder: undefined, specFolder: folder },
    );
    expect(train.fields[0]!.shape).toEqual([2]);
    expect([...numbersIn(train.fields[0]!)]).toEqual([1, -2]);
  });

  test('what does not go together', async () => {
    const folder = temporaryFolder();
    write(folder, 'a', idxBytes([1, 2, 2], [1, 2, 3, 4]));
    write(folder, 'b', idxBytes([1], [3]));
    write(folder, 'c', idxBytes([1, 2, 3], [1, 2, 3, 4, 5, 6]));
    const read = async (args: object) =>
      (
        await failureOf(() =>
          sources.idx.read(
            { images: ['a'], labels: ['b'], range, ...args },
            { dataFolder: undefined, specFolder: folder },
          ),
        )
      ).text;
    expect(await read({ test_images: ['c'], test_labels: ['b'] })).toMatchInlineSnapshot(
      `"shapes-differ: rows of a are 2×2×1, rows of c are 2×3×1"`,
    );
    expect(await read({ test_images: ['c'] })).toMatchInlineSnapshot(
      `"data-missing: the data source idx finds no \`test_labels\`: test images and test labels come together"`,
    );
    expect(await read({ classes: 3 })).toMatchInlineSnapshot(
      `"label-out-of-range: label out of range: row 0 of b is 3, but the data set has 3 classes (0 to 2)"`,
    );
    expect(await read({ images: ['none'] })).toMatchInlineSnapshot(
      `"file-missing: none (training images) does not exist"`,
    );
  });
});

// The real files, where somebody has put them: the folder that holds mnist/.
const real = [process.env.DNC_DATA, fileURLToPath(new URL('../../../shared/data', import.meta.url))].find(
  (folder) => folder && existsSync(join(folder, 'mnist')),
);

test.skipIf(real === undefined)(
  'the real MNIST (skipped where neither DNC_DATA nor ../shared/data holds mnist/)',
  async () => {
    const { train, test: held } = await sources.mnist.read({ range }, { dataFolder: real, specFolder: '.' });
    expect([train.rows, held!.rows]).toEqual([60_000, 10_000]);
    const counts = new Int32Array(10);
    for (const label of numbersIn(held!.fields[1]!)) counts[label]! += 1;
    expect([...counts]).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    const pixels = numbersIn(held!.fields[0]!);
    let sum = 0;
    for (let k = 0; k < pixels.length; k++) sum += pixels[k]!;
    expect((sum / pixels.length) * 255).toBeCloseTo(33.7912, 3);
  },
);
