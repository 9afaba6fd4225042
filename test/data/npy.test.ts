import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { sources } from '../../src/data/index.js';
import type { Table } from '../../src/data/source.js';
import { Failure } from '../../src/diagnostics/report.js';
import { seeded } from '../support/random.js';
import { failureOf } from './failure.js';
import { temporaryFolder } from './idx-files.js';
import { numbersIn } from './numbers.js';

/** Files that numpy wrote, by write.py in the same folder. */
const numpy = join(import.meta.dirname, 'numpy');
const expected = JSON.parse(readFileSync(join(numpy, 'expected.json'), 'utf8')) as Readonly<
  Record<string, { descr: string; fortran: boolean; shape: readonly number[]; values: readonly (number | string)[] }>
>;

const place = (specFolder: string) => ({ dataFolder: undefined, specFolder });
const npy = (folder: string, features: readonly string[], more: object = {}) =>
  sources.npy.read({ features, ...more }, place(folder));
const npz = (folder: string, files: readonly string[], more: object = {}) =>
  sources.npz.read({ files, ...more }, place(folder));
const numbers = (table: Table, field = 0) => [...numbersIn(table.fields[field]!)];

/** An NPY file of unsigned bytes, or of any header. */
function npyBytes(shape: readonly number[], elements: readonly number[], header?: string, version = 1): Uint8Array {
  const text =
    header ?? `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.map((one) => `${one},`).join(' ')}), }`;
  const line = `${text.padEnd(117)}\n`;
  const start = version === 1 ? [line.length & 255, line.length >> 8] : [line.length & 255, line.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...Buffer.from('NUMPY'), version, 0, ...start, ...Buffer.from(line), ...elements]);
}

describe('npy', () => {
  const readable = Object.entries(expected).filter(
    ([name, { values, shape }]) =>
      !/^too-/.test(name) &&
      shape.length > 0 &&
      values.length > 0 &&
      values.every((value) => typeof value === 'number'),
  );

  test.each(readable)('%s as numpy wrote it', async (name, { shape, values }) => {
    const { train } = await npy(numpy, [`${name}.npy`]);
    expect(train.rows).toBe(shape[0]);
    expect(train.fields[0]!.shape).toEqual(shape.length === 1 ? [1] : shape.slice(1));
    expect(numbers(train)).toEqual(values.map((value) => Math.fround(value as number)));
  });

  test('every type, order and version is among the files', () => {
    const types = new Set(readable.map(([, { descr }]) => descr));
    for (const type of [
      '|b1',
      '|u1',
      '|i1',
      ...['u2', 'u4', 'u8', 'i2', 'i4', 'i8', 'f2', 'f4', 'f8'].flatMap((one) => [`<${one}`, `>${one}`]),
    ])
      expect(types).toContain(type);
    expect(readable.filter(([, { fortran }]) => fortran).map(([name]) => name)).toEqual(['fortran-3', 'fortran-2']);
    for (const version of [2, 3]) expect(readFileSync(join(numpy, `version-${version}.npy`))[6]).toBe(version);
  });

  test.each([
    ['empty', 'npy-header: empty.npy is no array that can be read: it is empty: its extents are 0×2'],
    ['number', 'npy-header: number.npy is no array that can be read: it holds a single number and has no rows'],
    ['not-a-number', 'array-value: not-a-number.npy holds NaN at [1, 1], which is no number to train on'],
    ['infinite', 'array-value: infinite.npy holds infinity at [1], which is no number to train on'],
    ['too-large', 'array-value: too-large.npy holds 1e+300 at [0], which is no number to train on'],
    ['too-long', 'array-value: too-long.npy holds 9007199254740993 at [1], which is no number to train on'],
    [
      'too-long-unsigned',
      'array-value: too-long-unsigned.npy holds 18446744073709551615 at [0], which is no number to train on',
    ],
    [
      'objects',
      'npy-header: objects.npy is no array that can be read: it holds Python objects, which dnc never loads; dnc reads booleans, integers of 8 to 64 bits and floats of 16 to 64 bits',
    ],
    [
      'texts',
      'npy-header: texts.npy is no array that can be read: it holds texts; dnc reads booleans, integers of 8 to 64 bits and floats of 16 to 64 bits',
    ],
    [
      'complex',
      'npy-header: complex.npy is no array that can be read: it holds complex numbers; dnc reads booleans, integers of 8 to 64 bits and floats of 16 to 64 bits',
    ],
    ['records', 'npy-header: records.npy is no array that can be read: its elements are records of several fields'],
  ])('%s is refused', async (name, text) => {
    const failure = await failureOf(() => npy(numpy, [`${name}.npy`]));
    expect(failure.text).toBe(text);
    expect(failure.exit).toBe(4);
  });

  test('features and target, test rows, several files, the data lock', async () => {
    const folder = temporaryFolder();
    const write = (name: string, bytes: Uint8Array) => writeFileSync(join(folder, name), bytes);
    write('x1.npy', npyBytes([2, 2], [1, 2, 3, 4]));
    write('x2.npy', npyBytes([1, 2], [5, 6], undefined, 2));
    write('y.npy', npyBytes([3], [2, 0, 1]));
    write('one.npy', npyBytes([1], [1]));
    write('wide.npy', npyBytes([1, 3], [5, 6, 7]));
    const { train, test: held } = await npy(folder, ['x1.npy', 'x2.npy'], {
      target: ['y.npy'],
      test_features: ['x2.npy'],
      test_target: ['one.npy'],
    });
    expect([numbers(train), numbers(train, 1)]).toEqual([
      [1, 2, 3, 4, 5, 6],
      [2, 0, 1],
    ]);
    expect(train.fields[1]).toMatchObject({ name: 'target', shape: [1], form: 'values', whole: true });
    expect([train.target, held!.rows]).toEqual(['target', 1]);
    expect(train.files.map(({ name, rows, bytes, sha256 }) => [name, rows, bytes, sha256.length])).toEqual([
      ['x1.npy', 2, 132, 64],
      ['x2.npy', 1, 132, 64],
      ['y.npy', 3, 131, 64],
    ]);
    expect((await npy(folder, ['x1.npy'])).train.target).toBe('features');
    write('column.npy', npyBytes([3, 1], [2, 0, 1]));
    const column = await npy(folder, ['x1.npy', 'x2.npy'], { target: ['column.npy'] });
    expect(column.train.fields[1]).toMatchObject({ name: 'target', shape: [1], whole: true });
    write('pairs.npy', npyBytes([3, 2], [2, 0, 1, 1, 0, 0]));
    const pairs = await npy(folder, ['x1.npy', 'x2.npy'], { target: ['pairs.npy'] });
    expect(pairs.train.fields[1]).not.toHaveProperty('whole');
    const failed = async (features: readonly string[], more: object) =>
      (await failureOf(() => npy(folder, features, more))).text;
    expect(await failed(['x1.npy', 'wide.npy'], {})).toMatchInlineSnapshot(
      `"shapes-differ: rows of x1.npy are 2, rows of wide.npy are 3"`,
    );
    expect(await failed(['x1.npy'], { target: ['y.npy'] })).toMatchInlineSnapshot(
      `"rows-differ: x1.npy has 2 rows, y.npy has 3"`,
    );
    expect(await failed(['x1.npy', 'x2.npy'], { target: ['y.npy'], test_features: ['x2.npy'] })).toMatchInlineSnapshot(
      `"data-missing: the data source npy finds no \`test_target\`: test rows need it as the training rows do"`,
    );
    expect(await failed(['x1.npy', 'x2.npy'], { target: ['y.npy'], test_target: ['y.npy'] })).toMatchInlineSnapshot(
      `"data-missing: the data source npy finds no \`test_features\`: test rows need it as the training rows do"`,
    );
    expect(await failed(['none.npy'], {})).toMatchInlineSnapshot(`"file-missing: none.npy (features) does not exist"`);
  });

  test('headers that lie or are none, before memory is taken', async () => {
    const folder = temporaryFolder();
    const read = async (bytes: Uint8Array) => {
      writeFileSync(join(folder, 'x.npy'), bytes);
      return (await failureOf(() => npy(folder, ['x.npy']))).text.replace(
        /^([a-z-]+): x.npy (is no array that can be read: )?/,
        '$1: ',
      );
    };
    const headed = (header: string, elements: readonly number[] = [1, 2]) => read(npyBytes([], elements, header));
    const before = process.memoryUsage().rss;
    expect(await read(Uint8Array.of())).toMatchInlineSnapshot(
      `"file-truncated: is incomplete: it ends at byte 0, expected 128 bytes, found 0"`,
    );
    expect(await read(npyBytes([2], [1, 2]).subarray(0, 60))).toMatchInlineSnapshot(
      `"file-truncated: is incomplete: it ends at byte 60, expected 128 bytes, found 60"`,
    );
    expect(await read(Buffer.from('x,y\n1,2\n3,4\n'))).toMatchInlineSnapshot(
      `"npy-header: at byte 0 expected 93 4e 55 4d 50 59 (\\x93NUMPY), found 78 2c 79 0a 31 2c"`,
    );
    expect(
      await read(npyBytes([2], [1, 2], undefined, 1).map((byte, k) => (k === 6 ? 9 : byte))),
    ).toMatchInlineSnapshot(`"npy-header: its version is 9.0; versions 1.0, 2.0 and 3.0 are known"`);
    expect(await read(npyBytes([3, 2], [1, 2, 3]))).toMatchInlineSnapshot(
      `"file-truncated: is incomplete: it ends at byte 131, expected 134 bytes, found 131"`,
    );
    expect(await read(npyBytes([3], [1, 2, 3, 4]))).toMatchInlineSnapshot(
      `"file-trailing: goes on after its end: expected 131 bytes, found 132"`,
    );
    // Rows of a file that has them all may stay in it, however many they are.
    expect(await read(npyBytes([1_000_000_000, 1_000_000], []))).toMatchInlineSnapshot(
      `"file-truncated: is incomplete: it ends at byte 128, expected 1,000,000,000,000,128 bytes, found 128"`,
    );
    expect(await read(npyBytes([1_000_000_000, 1_000_000_000], []))).toMatchInlineSnapshot(
      `"npy-header: it claims the extents 1000000000×1000000000; dnc reads at most 9,007,199,254,740,991 numbers of one file"`,
    );
    // Those of targets are held in memory.
    writeFileSync(join(folder, 'few.npy'), npyBytes([3], [1, 2, 3]));
    writeFileSync(join(folder, 'many.npy'), npyBytes([1_000_000_000, 1_000_000], []));
    expect((await failureOf(() => npy(folder, ['few.npy'], { target: ['many.npy'] }))).text).toMatchInlineSnapshot(
      `"npy-header: many.npy is no array that can be read: it claims the extents 1000000000×1000000; dnc reads at most 268,435,456 numbers of one file"`,
    );
    expect(await read(npyBytes([16_384, 16_384], []))).toMatchInlineSnapshot(
      `"file-truncated: is incomplete: it ends at byte 128, expected 268,435,584 bytes, found 128"`,
    );
    expect(await headed("{'descr': '|u1', 'fortran_order': False}")).toMatchInlineSnapshot(
      `"npy-header: its header has no shape"`,
    );
    expect(await headed("{'descr': '|u1', 'descr': '|u1'}")).toMatchInlineSnapshot(
      `"npy-header: its header has the key descr twice"`,
    );
    expect(await headed("__import__('os').system('true')")).toMatchInlineSnapshot(
      `"npy-header: its header cannot be understood at character 1: "__import__('os').system(""`,
    );
    expect(await headed("{'descr': '<f16', 'fortran_order': False, 'shape': (2,)}")).toMatchInlineSnapshot(
      `"npy-header: it holds elements of the type "<f16"; dnc reads booleans, integers of 8 to 64 bits and floats of 16 to 64 bits"`,
    );
    expect(await headed("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'more': 1}")).toMatchInlineSnapshot(
      `"npy-header: its header has a key "more", which the format does not have"`,
    );
    expect(await headed("{'descr': '|u1', 'fortran_order': False, 'shape': (-2,)}")).toMatchInlineSnapshot(
      `"npy-header: its header cannot be understood at character 52: "-2,)}                   ""`,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });

  test('elements that lie across two pieces of a file', async () => {
    const folder = temporaryFolder();
    // Pieces are 1 MiB: of 400,000 elements of 8 bytes behind 128 and 3 more, some lie across.
    const count = 400_000;
    const header = `${"{'descr': '<f8', 'fortran_order': False, 'shape': (400000,), }".padEnd(120)}\n`;
    const data = Float64Array.from({ length: count }, (_, k) => k / 7);
    const start = Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0, ...Buffer.from(header)]);
    expect(start.length % 8).not.toBe(0);
    writeFileSync(join(folder, 'x.npy'), Buffer.concat([start, Buffer.from(data.buffer)]));
    const { train } = await npy(folder, ['x.npy']);
    expect(train.rows).toBe(count);
    expect(Buffer.from(numbersIn(train.fields[0]!).buffer).equals(Buffer.from(Float32Array.from(data).buffer))).toBe(
      true,
    );
  });
});

/** A member of a ZIP file, with what it says of itself, true or not. */
interface Member {
  readonly name: string;
  readonly data: Uint8Array;
  readonly packed?: boolean;
  readonly size?: number;
  readonly crc?: number;
  readonly method?: number;
  readonly flags?: number;
}

/** `isWide`: every size and place as a 64-bit number, as in archives beyond 4 GiB. */
function zipBytes(members: readonly Member[], isWide = false): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data, packed = false, size = data.length, crc = crc32(data), method, flags = 0 } of members) {
    const stored = packed ? deflateRawSync(data) : Buffer.from(data);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method ?? (packed ? 8 : 0), 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(stored.length, 14);
    common.writeUInt32LE(size, 18);
    common.writeUInt16LE(name.length, 22);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    common.copy(entry, 6);
    entry.writeUInt32LE(offset, 42);
    const extra = Buffer.alloc(isWide ? 28 : 0);
    if (isWide) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      [size, stored.length, offset].forEach((value, k) => void extra.writeBigUInt64LE(BigInt(value), 4 + 8 * k));
      for (const place of [20, 24, 42]) entry.writeUInt32LE(0xffffffff, place);
      entry.writeUInt16LE(extra.length, 30);
    }
    const local = Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), common, Buffer.from(name), stored]);
    parts.push(local);
    directory.push(entry, Buffer.from(name), extra);
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(length, 12);
  end.writeUInt32LE(offset, 16);
  if (isWide) {
    const record = Buffer.alloc(56);
    record.writeUInt32LE(0x06064b50, 0);
    record.writeBigUInt64LE(44n, 4);
    [members.length, members.length, length, offset].forEach(
      (value, k) => void record.writeBigUInt64LE(BigInt(value), 24 + 8 * k),
    );
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    locator.writeBigUInt64LE(BigInt(offset + length), 8);
    locator.writeUInt32LE(1, 16);
    end.fill(0xff, 8, 20);
    return Buffer.concat([...parts, ...directory, record, locator, end]);
  }
  return Buffer.concat([...parts, ...directory, end]);
}

describe('npz', () => {
  const x = Array.from({ length: 40 }, (_, k) => k);
  const y = Array.from({ length: 10 }, (_, k) => k % 3);

  test('stored, with 64-bit sizes, as numpy.savez writes it', async () => {
    const { train, test: held } = await npz(numpy, ['stored.npz']);
    expect([numbers(train), numbers(train, 1), train.target, held]).toEqual([x, y, 'y', undefined]);
    expect(train.fields.map(({ name }) => name)).toEqual(['x', 'y']);
    expect(train.files).toMatchObject([{ name: 'stored.npz', bytes: 730, rows: 10 }]);
  });

  test('packed, with training and test rows, as Keras writes mnist.npz', async () => {
    const { train, test: held } = await npz(numpy, ['packed.npz']);
    expect([numbers(train), numbers(train, 1)]).toEqual([x.slice(0, 28), y.slice(0, 7)]);
    expect([numbers(held!), numbers(held!, 1)]).toEqual([x.slice(28), y.slice(7)]);
    expect(train.files).toMatchObject([{ name: 'packed.npz', rows: 10 }]);
  });

  test('64-bit sizes and places, as in archives beyond 4 GiB', async () => {
    const folder = temporaryFolder();
    const members = [
      { name: 'x.npy', data: npyBytes([2, 2], [1, 2, 3, 4]) },
      { name: 'y.npy', data: npyBytes([2], [0, 1]), packed: true },
    ];
    const bytes = zipBytes(members, true);
    writeFileSync(join(folder, 'wide.npz'), bytes);
    const { train } = await npz(folder, ['wide.npz']);
    expect([numbers(train), numbers(train, 1)]).toEqual([
      [1, 2, 3, 4],
      [0, 1],
    ]);
    const broken = async (change: (bytes: Buffer) => void) => {
      const copy = Buffer.from(bytes);
      change(copy);
      writeFileSync(join(folder, 'wide.npz'), copy);
      return (await failureOf(() => npz(folder, ['wide.npz']))).text.slice(
        'zip-damaged: wide.npz is a damaged archive: '.length,
      );
    };
    const end = bytes.length - 22;
    expect(await broken((copy) => copy.writeBigUInt64LE(2n ** 60n, end - 20 + 8))).toMatchInlineSnapshot(
      `"the end of its directory is broken (ZIP64)"`,
    );
    expect(await broken((copy) => copy.writeUInt32LE(0, end - 20))).toMatchInlineSnapshot(
      `"the place of its directory is missing (ZIP64)"`,
    );
    expect(await broken((copy) => copy.writeBigUInt64LE(2n ** 63n, end - 76 + 48))).toMatchInlineSnapshot(
      `"its directory ends behind the end of the file (byte 531)"`,
    );
    expect(await broken((copy) => copy.writeBigUInt64LE(99_999n, end - 76 + 32))).toMatchInlineSnapshot(
      `"it claims 99,999 members; dnc reads at most 10,000"`,
    );
    expect(
      await broken((copy) => copy.writeBigUInt64LE(2n ** 52n, bytes.lastIndexOf('x.npy') + 5 + 4 + 8)),
    ).toMatchInlineSnapshot(`""x.npy" is stored as 4503599627370496 bytes of 132"`);
    expect(await broken((copy) => copy.writeUInt16LE(7, bytes.lastIndexOf('x.npy') + 5))).toMatchInlineSnapshot(
      `""x.npy" does not begin where the directory says (byte 4294967295)"`,
    );
  });

  test('several files, some of the arrays, a target of another name', async () => {
    const folder = temporaryFolder();
    const write = (name: string, members: readonly Member[]) => writeFileSync(join(folder, name), zipBytes(members));
    const array = (name: string, rows: number, packed = false): Member => ({
      name: `${name}.npy`,
      data: npyBytes(
        [rows],
        Array.from({ length: rows }, (_, k) => k),
      ),
      packed,
    });
    write('a.npz', [array('rooms', 3), array('price', 3, true), array('id', 3)]);
    write('b.npz', [array('price', 2), array('rooms', 2), array('id', 2)]);
    const { train } = await npz(folder, ['a.npz', 'b.npz'], { target: 'price', arrays: ['rooms', 'price'] });
    expect(train.fields.map(({ name, data }) => [name, ...numbersIn({ data })])).toEqual([
      ['rooms', 0, 1, 2, 0, 1],
      ['price', 0, 1, 2, 0, 1],
    ]);
    expect([train.target, train.files.map(({ rows }) => rows)]).toEqual(['price', [3, 2]]);
    expect((await npz(folder, ['a.npz'])).train.target).toBeUndefined();
    write('short.npz', [array('rooms', 3), array('price', 2)]);
    write('other.npz', [array('rooms', 3), array('cost', 3)]);
    write('both.npz', [array('x_train', 3), array('train_x', 3)]);
    write('tests.npz', [array('x_test', 3)]);
    write('half.npz', [array('x_train', 3), array('y_train', 3), array('x_test', 1)]);
    write('none.npz', [{ name: 'readme.txt', data: Buffer.from('nothing') }]);
    const failed = async (files: readonly string[], more = {}) =>
      (await failureOf(() => npz(folder, files, more))).text;
    expect(await failed(['short.npz'])).toMatchInlineSnapshot(`"rows-differ: rooms has 3 rows, price has 2"`);
    expect(await failed(['a.npz', 'other.npz'])).toMatchInlineSnapshot(
      `"npz-arrays: other.npz: it has no array price, which a.npz has"`,
    );
    expect(await failed(['both.npz'])).toMatchInlineSnapshot(
      `"npz-arrays: both.npz: x_train and train_x are the same rows of x"`,
    );
    expect(await failed(['tests.npz'])).toMatchInlineSnapshot(`"npz-arrays: tests.npz: it holds test rows alone"`);
    expect(await failed(['half.npz'])).toMatchInlineSnapshot(
      `"npz-arrays: half.npz: y has train rows and no test rows"`,
    );
    expect(await failed(['none.npz'])).toMatchInlineSnapshot(`"npz-arrays: none.npz: it holds no arrays"`);
    expect(await failed(['a.npz'], { target: 'prize' })).toMatchInlineSnapshot(
      `"unknown-field: \`target\` reads the field \`prize\`, which a.npz does not have"`,
    );
    expect(await failed(['a.npz'], { arrays: ['room'] })).toMatchInlineSnapshot(
      `"unknown-field: \`arrays\` reads the field \`room\`, which a.npz does not have"`,
    );
  });

  test('archives that contradict themselves', async () => {
    const folder = temporaryFolder();
    const data = npyBytes([4], [1, 2, 3, 4]);
    const zeros = npyBytes([2 ** 22], Array(0));
    const read = async (bytes: Uint8Array) => {
      writeFileSync(join(folder, 'x.npz'), bytes);
      return (await failureOf(() => npz(folder, ['x.npz']))).text.replace(
        /^([a-z-]+): x.npz (is a damaged archive: )?/,
        '$1: ',
      );
    };
    const one = (member: Partial<Member>) => read(zipBytes([{ name: 'x.npy', data, ...member }]));
    expect(await read(Buffer.from('no archive'))).toMatchInlineSnapshot(
      `"zip-damaged: it has no end of an archive: it is no ZIP file, or was cut off"`,
    );
    expect(await read(zipBytes([{ name: 'x.npy', data }]).subarray(0, -10))).toMatchInlineSnapshot(
      `"zip-damaged: it has no end of an archive: it is no ZIP file, or was cut off"`,
    );
    expect(await one({ crc: 1 })).toMatchInlineSnapshot(
      `"zip-damaged: the checksum of "x.npy" is not that of its contents"`,
    );
    expect(await one({ crc: 1, packed: true })).toMatchInlineSnapshot(
      `"zip-damaged: the checksum of "x.npy" is not that of its contents"`,
    );
    expect(await one({ size: 5 })).toMatchInlineSnapshot(`"zip-damaged: "x.npy" is stored as 132 bytes of 5"`);
    expect(await one({ size: data.length - 1, packed: true })).toMatchInlineSnapshot(
      `"zip-damaged: "x.npy" unpacks to more than the 131 bytes that it claims"`,
    );
    expect(await one({ size: data.length + 1, packed: true })).toMatchInlineSnapshot(
      `"file-trailing: x in x.npz goes on after its end: expected 132 bytes, found 133"`,
    );
    expect(await one({ method: 12 })).toMatchInlineSnapshot(
      `"zip-damaged: "x.npy" is packed by method 12; dnc reads stored and deflated members"`,
    );
    expect(await one({ flags: 1 })).toMatchInlineSnapshot(`"zip-damaged: "x.npy" is encrypted"`);
    expect(await one({ size: 2 ** 31, packed: true })).toMatchInlineSnapshot(
      `"file-too-large: holds "x.npy" with 2 GiB in 75 bytes by its own account; dnc reads at most 1,000 times the packed size"`,
    );
    expect(
      await read(
        zipBytes([
          { name: 'x.npy', data },
          { name: 'x.npy', data },
        ]),
      ),
    ).toMatchInlineSnapshot(`"zip-damaged: it has two members called "x.npy""`);
    // A bomb: an array that claims 4 MiB and unpacks to more.
    const bomb = {
      name: 'x.npy',
      data: Buffer.concat([zeros, Buffer.alloc(2 ** 24)]),
      packed: true,
      size: zeros.length + 2 ** 22,
    };
    expect(await read(zipBytes([{ ...bomb, size: 2 ** 22 + zeros.length }]))).toMatch(/^(zip-damaged|file-too-large)/);
    // Two entries of one place.
    const twice = zipBytes([
      { name: 'a.npy', data },
      { name: 'b.npy', data },
    ]);
    const second = twice.lastIndexOf('b.npy') - 46;
    twice.writeUInt32LE(0, second + 42);
    expect(await read(twice)).toMatchInlineSnapshot(`"zip-damaged: the directory says "b.npy" where "a.npy" lies"`);
  });

  test('any flipped bit gives the same numbers or an error for people', async () => {
    const folder = temporaryFolder();
    const original = readFileSync(join(numpy, 'packed.npz'));
    const { train } = await npz(numpy, ['packed.npz']);
    const random = seeded('npz');
    let refused = 0;
    for (let k = 0; k < 300; k++) {
      const bytes = Buffer.from(original);
      const bit = Math.floor(random.next() * bytes.length * 8);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(join(folder, 'packed.npz'), bytes);
      let read: Table;
      try {
        read = (await npz(folder, ['packed.npz'])).train;
      } catch (error) {
        expect(error, `bit ${bit}`).toBeInstanceOf(Failure);
        refused += 1;
        continue;
      }
      for (const field of read.fields) {
        // What is no part of numbers may change: times, attributes, names of arrays.
        const same = train.fields.find(({ name }) => name === field.name);
        if (same) expect(field.data, `bit ${bit}`).toEqual(same.data);
      }
    }
    expect(refused).toBeGreaterThan(150);
  });
});

describe('cifar10', () => {
  const record = (label: number, pixel: (channel: number, place: number) => number) =>
    Uint8Array.from({ length: 3073 }, (_, k) => (k === 0 ? label : pixel(Math.floor((k - 1) / 1024), (k - 1) % 1024)));
  const read = (folder: string, args: object = {}) =>
    sources.cifar10.read({ range: [0, 255], ...args }, { dataFolder: folder, specFolder: join(folder, 'spec') });

  test('records of six files: the colours of a pixel beside each other, labels, parts', async () => {
    const folder = temporaryFolder();
    const own = join(folder, 'cifar10');
    mkdirSync(own);
    for (let k = 1; k <= 5; k++)
      writeFileSync(
        join(own, `data_batch_${k}.bin`),
        record(k, (channel, place) => (channel * 50 + place + k) % 256),
      );
    writeFileSync(join(own, 'test_batch.bin'), Buffer.concat([record(9, () => 7), record(0, () => 8)]));
    const { train, test: held } = await read(folder);
    expect([train.rows, held!.rows]).toEqual([5, 2]);
    expect(train.fields.map(({ data: _, ...field }) => field)).toEqual(
      sources.cifar10.describe!({ range: [0, 255] }).fields,
    );
    expect([...numbersIn(train.fields[1]!)]).toEqual([1, 2, 3, 4, 5]);
    expect([...numbersIn(train.fields[0]!).slice(3072 * 2, 3072 * 2 + 6)]).toEqual([3, 53, 103, 4, 54, 104]);
    expect(train.files.map(({ name, rows }) => [name, rows])).toEqual(
      [1, 2, 3, 4, 5].map((k) => [`cifar10/data_batch_${k}.bin`, 1]),
    );
    writeFileSync(
      join(own, 'data_batch_2.bin'),
      record(10, () => 0),
    );
    expect((await failureOf(() => read(folder))).text).toMatchInlineSnapshot(
      `"label-out-of-range: label out of range: row 0 of cifar10/data_batch_2.bin is 10, but the data set has 10 classes (0 to 9)"`,
    );
    writeFileSync(join(own, 'data_batch_2.bin'), record(1, () => 0).subarray(0, 3000));
    expect((await failureOf(() => read(folder))).text).toMatchInlineSnapshot(
      `"file-truncated: cifar10/data_batch_2.bin is incomplete: it ends at byte 3,000, expected 3,073 bytes, found 3,000"`,
    );
    const bomb = gzipSync(Buffer.alloc(2 ** 26), { level: 9 });
    writeFileSync(join(own, 'data_batch_2.bin'), bomb);
    expect((await failureOf(() => read(folder))).text).toMatch(
      /^file-too-large: cifar10\/data_batch_2\.bin holds more than [\d.]+ MiB in [\d.]+ KiB; dnc reads at most [\d.]+ MiB$/,
    );
    writeFileSync(join(own, 'data_batch_2.bin'), gzipSync(record(1, () => 0)).subarray(0, -12));
    expect((await failureOf(() => read(folder))).text).toMatch(
      /^gzip-damaged: cifar10\/data_batch_2\.bin is a damaged gzip file: /,
    );
    expect((await failureOf(() => read(folder, { test_files: ['test_batch.bin'] }))).text).toMatchInlineSnapshot(
      `"data-missing: the data source cifar10 finds no \`files\`: \`test_files\` belongs to it"`,
    );
  });

  const subset = join(import.meta.dirname, '../../../shared/data/cifar10-subset');
  test.skipIf(!existsSync(subset))(
    'the subset of real pictures (skipped where ../shared/data does not have it)',
    async () => {
      const { train, test: held } = await sources.cifar10.read(
        { range: [0, 1], files: ['train_0-1999.bin.gz'], test_files: ['test_0-999.bin'] },
        { dataFolder: subset, specFolder: '.' },
      );
      expect([train.rows, held!.rows]).toEqual([2000, 1000]);
      const counts = new Int32Array(10);
      for (const label of numbersIn(train.fields[1]!)) counts[label]! += 1;
      expect([...counts]).toEqual([202, 191, 203, 195, 214, 183, 207, 199, 203, 203]);
      // The first training picture, a frog: its first pixel is known to be 59, 62, 63.
      expect([...numbersIn(train.fields[0]!).slice(0, 3)]).toEqual([59, 62, 63].map((byte) => Math.fround(byte / 255)));
    },
  );
});
