import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeJpeg } from '../../../src/data/pictures/jpeg.js';
import { type Picture, PictureProblem } from '../../../src/data/pictures/picture.js';
import { decodePng } from '../../../src/data/pictures/png.js';
import { decodePicture } from '../../../src/data/pictures/read.js';
import { resize } from '../../../src/data/pictures/resize.js';
import { failureOf } from '../failure.js';
import { chunk, everyKind, pngBytes, rawLines, SIGNATURE } from './encode.js';

interface Golden {
  readonly name: string;
  readonly bytes: string;
  readonly shape: readonly number[];
  readonly pixels: string;
}

const golden = JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8')) as {
  readonly png: readonly Golden[];
  readonly jpeg: readonly Golden[];
  readonly resize: readonly { from: [number, number]; to: [number, number]; pixels: readonly number[] }[];
};
const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));

/** What a decoder says of bytes that it refuses; undefined where it reads them. Anything but a `PictureProblem` is thrown on. */
function problemOf(decode: (bytes: Uint8Array) => Picture, bytes: Uint8Array): string | undefined {
  try {
    decode(bytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof PictureProblem)) throw error;
    return error.problem;
  }
}

describe('PNG', () => {
  test.each(golden.png.map((one) => [one.name, one] as const))('%s: the pixels that TensorFlow reads', (_, one) => {
    const { height, width, channels, data } = decodePng(bytesOf(one.bytes));
    expect([height, width, channels]).toEqual(one.shape);
    expect([...data]).toEqual([...bytesOf(one.pixels)]);
  });

  test('every kind is there', () => {
    expect(golden.png.map(({ name }) => name)).toEqual(everyKind().map(({ name }) => name));
    expect(golden.png.map(({ bytes }) => bytes)).toEqual(
      everyKind().map(({ png }) => pngBytes(png).toString('base64')),
    );
  });

  test.each(['colour type 6, 8 bits', 'colour type 3, 2 bits, interlaced'])(
    '%s: cut off anywhere, it is refused',
    (name) => {
      const whole = bytesOf(golden.png.find((one) => one.name === name)!.bytes);
      for (let length = 8; length < whole.length; length++)
        expect(problemOf(decodePng, whole.subarray(0, length)), `${length} bytes`).toMatch(/^is incomplete/);
    },
  );

  test('a bit that was flipped anywhere is found', () => {
    const whole = bytesOf(golden.png.find((one) => one.name === 'colour type 2, 8 bits')!.bytes);
    for (let bit = 8 * 8; bit < whole.length * 8; bit++) {
      const flipped = whole.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(problemOf(decodePng, flipped), `bit ${bit}`).toBeDefined();
    }
  });

  const grey = { width: 4, height: 3, colour: 0, depth: 8, samples: new Array(12).fill(9) } as const;
  const header = (changes: { readonly at: number; readonly bytes: readonly number[] }) => {
    const content = Buffer.from(pngBytes(grey).subarray(16, 29));
    content.set(changes.bytes, changes.at);
    return Buffer.concat([SIGNATURE, chunk('IHDR', content), pngBytes(grey).subarray(33)]);
  };

  test.each([
    [
      'more pixels than its header says',
      pngBytes({ ...grey, pixels: deflateSync(Buffer.alloc(2 ** 20)) }),
      /more pixels/,
    ],
    ['fewer', pngBytes({ ...grey, pixels: deflateSync(Buffer.alloc(14)) }), /fewer pixels/],
    ['pixels that break off', pngBytes({ ...grey, pixels: deflateSync(rawLines(grey)).subarray(0, 9) }), /break off/],
    ['pixels that are none', pngBytes({ ...grey, pixels: Buffer.from('no deflate stream') }), /cannot be unpacked/],
    ['a filter that there is not', pngBytes({ ...grey, pixels: deflateSync(Buffer.alloc(15, 5)) }), /the filter 5/],
    ['no width', header({ at: 0, bytes: [0, 0, 0, 0] }), /0×3 pixels/],
    ['a width of 2 billion', header({ at: 0, bytes: [0x7f, 0xff, 0xff, 0xff] }), /at most 134,217,728/],
    ['a colour type that there is not', header({ at: 9, bytes: [5] }), /no colour type 5 with 8 bits/],
    ['a depth that its colour type does not have', header({ at: 8, bytes: [3] }), /no colour type 0 with 3 bits/],
    ['another interlacing', header({ at: 12, bytes: [2] }), /interlaced in a way/],
    ['no header', Buffer.concat([SIGNATURE, chunk('IEND', new Uint8Array())]), /begins with a chunk IEND/],
    [
      'a chunk that must be known',
      Buffer.concat([pngBytes(grey).subarray(0, 33), chunk('ABCD', new Uint8Array(3)), pngBytes(grey).subarray(33)]),
      /chunk ABCD/,
    ],
    ['a palette that is missing', pngBytes({ ...grey, colour: 3 }), /no palette/],
    ['a palette that is too short', pngBytes({ ...grey, colour: 3, palette: [1, 2, 3] }), /its palette lacks/],
  ] as const)('%s', (_, bytes, expected) => {
    expect(problemOf(decodePng, bytes)).toMatch(expected);
  });
});

describe('JPEG', () => {
  test.each(golden.jpeg.map((one) => [one.name, one] as const))(
    '%s: what TensorFlow reads, but for rounding',
    (_, one) => {
      const { height, width, channels, data } = decodeJpeg(bytesOf(one.bytes));
      expect([height, width, channels]).toEqual(one.shape);
      const expected = bytesOf(one.pixels);
      const differences = data.map((value, k) => Math.abs(value - expected[k]!));
      expect(Math.max(...differences)).toBeLessThanOrEqual(3);
      expect(differences.reduce((sum, one) => sum + one, 0) / data.length).toBeLessThan(0.7);
    },
  );

  test.each(golden.jpeg.map((one) => [one.name, one] as const))('%s: cut off anywhere, it is refused', (_, one) => {
    const whole = bytesOf(one.bytes);
    for (let length = 3; length < whole.length; length++)
      expect(problemOf(decodeJpeg, whole.subarray(0, length)), `${length} bytes`).toBeDefined();
  });

  test('whatever byte is changed, it is read or refused', () => {
    const whole = bytesOf(golden.jpeg[1]!.bytes);
    for (let at = 2; at < whole.length; at++) {
      const changed = whole.slice();
      changed[at]! ^= 0x5a;
      problemOf(decodeJpeg, changed);
    }
  });
});

describe('what a file is', () => {
  const file = { name: 'a.png', at: undefined };
  const said = (bytes: Uint8Array) => failureOf(() => decodePicture(bytes, file)).then(({ text }) => text);

  test('is told by its first bytes', async () => {
    expect(decodePicture(bytesOf(golden.jpeg[0]!.bytes), file).channels).toBe(3);
    expect(await said(new Uint8Array())).toBe('image-damaged: a.png is empty');
    expect(await said(Buffer.from('GIF89a…'))).toMatch(/it is a GIF; PNG and JPEG are read/);
    expect(await said(Buffer.from('RIFF1234WEBPVP8 '))).toMatch(/WebP/);
    expect(await said(Buffer.from('<html>'))).toMatch(/begins neither as a PNG nor as a JPEG/);
    expect(await said(bytesOf(golden.png[0]!.bytes).subarray(0, 60))).toMatch(/^image-damaged: a.png is incomplete/);
  });
});

describe('resizing', () => {
  test.each(golden.resize)('$from to $to: the numbers of PyTorch', ({ from: [height, width], to, pixels }) => {
    const data = Uint8Array.from({ length: height * width }, (_, k) => (73 * k + 29 * (k >> 2)) % 256);
    const picture = { height, width, channels: 1 as const, data };
    const found = resize(picture, { height: to[0], width: to[1], channels: 1, fit: 'stretch' });
    expect(found.length).toBe(pixels.length);
    for (const [k, value] of pixels.entries()) expect(found[k]).toBeCloseTo(value, 5);
  });

  const colours: Picture = {
    height: 2,
    width: 4,
    channels: 3,
    data: Uint8Array.from({ length: 24 }, (_, k) => 10 * k),
  };

  test('the size that it has: the same numbers', () => {
    const same = resize(colours, { height: 2, width: 4, channels: 3, fit: 'stretch' });
    expect([...same]).toEqual([...colours.data]);
  });

  test('grey of colours, and colours of grey', () => {
    const grey = resize(colours, { height: 2, width: 4, channels: 1, fit: 'stretch' });
    expect(grey[1]).toBeCloseTo(0.299 * 30 + 0.587 * 40 + 0.114 * 50, 10);
    const picture: Picture = { height: 1, width: 2, channels: 1, data: Uint8Array.of(7, 9) };
    expect([...resize(picture, { height: 1, width: 2, channels: 3, fit: 'stretch' })]).toEqual([7, 7, 7, 9, 9, 9]);
  });

  test('crop takes the middle', () => {
    const cropped = resize(colours, { height: 2, width: 2, channels: 3, fit: 'crop' });
    expect([...cropped]).toEqual([30, 40, 50, 60, 70, 80, 150, 160, 170, 180, 190, 200]);
  });
});
