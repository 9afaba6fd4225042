import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeIdx, type IdxExpectation, readIdx } from '../../src/data/idx.js';
import { Failure } from '../../src/diagnostics/report.js';
import { drawBits, Stream } from '../../src/random/streams.js';
import { failureOf } from './failure.js';
import { idxBytes, temporaryFolder } from './idx-files.js';

const file = { path: 'images.idx', name: 'images.idx', role: 'training images' };
const any: IdxExpectation = { dimensions: [1, 8] };
const images: IdxExpectation = { dimensions: [3, 3], types: [8] };
const labels: IdxExpectation = { dimensions: [1, 1], types: [8] };

const pixels = Array.from(drawBits({ high: 1, low: 2 }, 0, 20 * 4 * 3), (bits) => bits & 0xff);
const sample = idxBytes([20, 4, 3], pixels);

test('every element type, big-endian, plain and packed', () => {
  const cases: [type: number, bytes: number[], values: number[]][] = [
    [8, [0, 1, 255], [0, 1, 255]],
    [9, [0, 1, 255], [0, 1, -1]],
    [11, [0, 1, 0xff, 0xfe], [1, -2]],
    [12, [0, 0, 1, 0, 0xff, 0xff, 0xff, 0xfe], [256, -2]],
    [13, [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0], [1, -2]],
    [14, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0], [1]],
  ];
  for (const [type, bytes, values] of cases) {
    const whole = idxBytes([values.length], bytes, type);
    for (const stored of [whole, gzipSync(whole)]) {
      const { extents, data } = decodeIdx(stored, file, any);
      expect([[...data], extents]).toEqual([values, [values.length]]);
    }
  }
});

test('a file on the disk: contents, and the hash of the file as it lies there', () => {
  const path = join(temporaryFolder(), 'labels.gz');
  writeFileSync(path, gzipSync(idxBytes([3], [7, 8, 9])));
  const read = readIdx({ ...file, path }, labels);
  expect([...read.data]).toEqual([7, 8, 9]);
  expect(read.sha256).toMatch(/^[0-9a-f]{64}$/);
});

describe('damage', () => {
  /** Reads and says whether it was taken as whole; anything but a Failure that names the file is a crash. */
  const accepted = (bytes: Uint8Array): boolean => {
    try {
      decodeIdx(bytes, file, images);
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      expect(error.message).toContain('images.idx');
      expect(error.exit).toBe(4);
      return false;
    }
  };
  const packed = gzipSync(sample);

  test('cut at every offset, plain and packed: never taken as complete', () => {
    for (const whole of [sample, packed]) {
      expect(accepted(whole)).toBe(true);
      for (let length = 0; length < whole.length; length++) expect(accepted(whole.slice(0, length))).toBe(false);
    }
  });

  test('a large packed file, cut at 200 offsets', () => {
    const rows = 2000;
    const noise = Array.from(drawBits({ high: 3, low: 4 }, 0, rows * 12), (bits) => bits & 0x3f);
    const large = gzipSync(idxBytes([rows, 4, 3], noise));
    const stream = Stream.named('cuts', { seed: 1 });
    for (let k = 0; k < 200; k++) expect(accepted(large.subarray(0, stream.below(k, large.length)))).toBe(false);
  });

  test('every single bit flipped: no crash, and the checksum finds all that change packed contents', () => {
    const same = (bytes: Uint8Array) => Buffer.from(decodeIdx(bytes, file, images).data.buffer as ArrayBuffer);
    const truth = decodeIdx(packed, file, images).data;
    for (const [whole, checked] of [
      [sample, false],
      [packed, true],
    ] as const) {
      for (let bit = 0; bit < 8 * whole.length; bit++) {
        const damaged = whole.slice();
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        if (accepted(damaged) && checked) expect(same(damaged).includes(Buffer.from(truth))).toBe(true);
      }
    }
  });

  test('headers that lie, whatever they claim: refused before anything is allocated', () => {
    const stream = Stream.named('lies', { seed: 1 });
    const before = process.memoryUsage().rss;
    for (let k = 0; k < 1000; k++) {
      const extents = [0, 1, 2].map((axis) => {
        const bits = stream.bits(8 * k + axis);
        return bits >>> (stream.bits(8 * k + 3 + axis) % 33);
      });
      const lying = idxBytes(extents, pixels);
      const honest = extents[0]! * extents[1]! * extents[2]! === pixels.length;
      expect(accepted(lying)).toBe(honest);
      expect(accepted(gzipSync(lying))).toBe(honest);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  });

  test('gzip bombs: refused by their ratio or stopped at what the header claims', async () => {
    const zeros = new Uint8Array(64 * 2 ** 20);
    zeros.set(idxBytes([2 ** 16, 32, 32], []));
    const bomb = gzipSync(zeros.subarray(0, 16 + 2 ** 26 - 16), { level: 9 });
    expect(
      (await failureOf(() => decodeIdx(bomb, file, images))).text.replace(/in [0-9.]+ KiB/, 'in … KiB'),
    ).toMatchInlineSnapshot(
      `"file-too-large: images.idx holds 64.0 MiB in … KiB by its own account; dnc reads at most 1,000 times the packed size"`,
    );
    zeros.set(idxBytes([10, 2, 3], []));
    const lying = gzipSync(zeros, { level: 9 });
    expect((await failureOf(() => decodeIdx(lying, file, images))).text).toMatchInlineSnapshot(
      `"file-trailing: images.idx goes on after its end: expected 76 bytes after unpacking, found more"`,
    );
  });
});

describe('messages', () => {
  // Stored, not squeezed: sizes and offsets are then the same with every version of zlib.
  const pack = (bytes: Uint8Array) => gzipSync(bytes, { level: 0 });
  const message = async (bytes: Uint8Array, expectation = images) =>
    (await failureOf(() => decodeIdx(bytes, file, expectation))).text;

  test('wrong magic number', async () => {
    expect(await message(idxBytes([3], [1, 2, 3]))).toMatchInlineSnapshot(
      `"idx-magic: images.idx does not begin as it should: at byte 0 expected the magic number 2051 (unsigned bytes, 3 dimensions), found 2049 (unsigned bytes, 1 dimension)"`,
    );
    expect(await message(sample, labels)).toMatchInlineSnapshot(
      `"idx-magic: images.idx does not begin as it should: at byte 0 expected the magic number 2049 (unsigned bytes, 1 dimension), found 2051 (unsigned bytes, 3 dimensions)"`,
    );
    const { help } = await failureOf(() => decodeIdx(sample, file, labels));
    expect(help).toEqual(['have images and labels changed places?']);
    expect(await message(new TextEncoder().encode('<!DOCTYPE html><html>'))).toMatchInlineSnapshot(
      `"idx-magic: images.idx does not begin as it should: at byte 0 expected the magic number 2051 (unsigned bytes, 3 dimensions), found the bytes 3c 21 44 4f"`,
    );
    expect(await message(new TextEncoder().encode('PNG?'), { dimensions: [2, 4] })).toMatchInlineSnapshot(
      `"idx-magic: images.idx does not begin as it should: at byte 0 expected the magic number of an IDX file with 2 to 4 dimensions, found the bytes 50 4e 47 3f"`,
    );
    expect(await message(idxBytes([1], [0, 0, 0, 0], 13), { dimensions: [1, 1], types: [8, 9] })).toMatchInlineSnapshot(
      `"idx-magic: images.idx does not begin as it should: at byte 0 expected the magic number of an IDX file with 1 dimension of unsigned bytes or signed bytes, found 3329 (32-bit floats, 1 dimension)"`,
    );
  });

  test('truncated, plain and packed', async () => {
    expect(await message(sample.subarray(0, 100))).toMatchInlineSnapshot(
      `"file-truncated: images.idx is incomplete: it ends at byte 100, expected 256 bytes, found 100"`,
    );
    expect(await message(sample.subarray(0, 7))).toMatchInlineSnapshot(
      `"file-truncated: images.idx is incomplete: it ends at byte 7, expected 16 bytes, found 7"`,
    );
    const packed = pack(sample);
    expect(await message(packed.subarray(0, packed.length - 9))).toMatchInlineSnapshot(
      `"file-truncated: images.idx is incomplete: it ends at byte 270 (packed), expected 256 bytes after unpacking, found 255"`,
    );
    expect(await message(packed.subarray(0, packed.length - 3))).toMatchInlineSnapshot(
      `"gzip-damaged: images.idx is a damaged gzip file: its checksum is cut off at byte 276"`,
    );
    expect(await message(pack(sample.subarray(0, 100)))).toMatchInlineSnapshot(
      `"file-truncated: images.idx is incomplete: it ends at byte 123 (packed), expected 256 bytes after unpacking, found 100"`,
    );
  });

  test('too long, damaged, and followed by something else', async () => {
    expect(await message(Uint8Array.from([...sample, 0]))).toMatchInlineSnapshot(
      `"file-trailing: images.idx goes on after its end: expected 256 bytes, found 257"`,
    );
    expect(await message(pack(Uint8Array.from([...sample, 0])))).toMatchInlineSnapshot(
      `"file-trailing: images.idx goes on after its end: expected 256 bytes after unpacking, found more"`,
    );
    const packed = pack(sample);
    expect(await message(Uint8Array.from([...packed, 0, 0]))).toMatchInlineSnapshot(
      `"gzip-damaged: images.idx is a damaged gzip file: 2 bytes follow its end at byte 279"`,
    );
    packed[packed.length - 6]! ^= 1;
    expect(await message(packed)).toMatchInlineSnapshot(
      `"gzip-damaged: images.idx is a damaged gzip file: incorrect data check"`,
    );
  });

  test('headers', async () => {
    expect(await message(idxBytes([20, 0, 3], []))).toMatchInlineSnapshot(
      `"idx-header: images.idx has a wrong header: at byte 8 expected extent 1 of a row, at least 1, found 0"`,
    );
    expect(await message(idxBytes([0xffffffff, 28, 28], []))).toMatchInlineSnapshot(
      `"idx-header: images.idx has a wrong header: at byte 4 expected a number of rows that makes at most 1,073,741,824 elements in all, found 4,294,967,295"`,
    );
    expect(await message(sample, { ...images, row: [28, 28] })).toMatchInlineSnapshot(
      `"idx-header: images.idx has a wrong header: at byte 8 expected 28 as extent 1 of a row, found 4"`,
    );
  });

  test('files that cannot be read', async () => {
    const folder = temporaryFolder();
    const read = async (path: string) => {
      const { text, exit } = await failureOf(() => readIdx({ ...file, path }, images));
      expect(exit).toBe(4);
      return text;
    };
    expect(await read(join(folder, 'none'))).toMatchInlineSnapshot(
      `"file-missing: images.idx (training images) does not exist"`,
    );
    expect(await read(folder)).toMatchInlineSnapshot(`"file-unreadable: images.idx cannot be read: it is a folder"`);
    if (process.platform === 'win32') return;
    expect(await read('/dev/null')).toMatchInlineSnapshot(
      `"file-unreadable: images.idx cannot be read: it is no ordinary file"`,
    );
  });
});
