import { crc32, inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encodePng, type Picture } from '../../src/reports/png.js';

/** Reads a PNG with a palette as the specification has it, and refuses what it does not allow. */
function decode(bytes: Uint8Array): Picture & { readonly bits: number } {
  const buffer = Buffer.from(bytes);
  expect([...buffer.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks: [string, Buffer][] = [];
  let at = 8;
  while (at < buffer.length) {
    const length = buffer.readUInt32BE(at);
    const named = buffer.subarray(at + 4, at + 8 + length);
    expect(buffer.readUInt32BE(at + 8 + length)).toBe(crc32(named));
    chunks.push([named.toString('latin1', 0, 4), named.subarray(4)]);
    at += 12 + length;
  }
  expect(chunks.map(([type]) => type)).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND']);
  const [header, colours, data] = chunks.map(([, content]) => content) as [Buffer, Buffer, Buffer];
  const [width, height, bits] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8]!];
  expect([...header.subarray(9)]).toEqual([3, 0, 0, 0]);
  expect(colours.length % 3).toBe(0);
  expect(colours.length / 3).toBeLessThanOrEqual(2 ** bits);
  const palette = Array.from({ length: colours.length / 3 }, (_, k) => [...colours.subarray(3 * k, 3 * k + 3)]);
  const raw = inflateSync(data);
  const row = 1 + Math.ceil((width * bits) / 8);
  expect(raw.length).toBe(height * row);
  const pixels = Uint8Array.from({ length: width * height }, (_, k) => {
    const [x, y] = [k % width, Math.floor(k / width)];
    expect(raw[y * row]).toBe(0);
    const bit = x * bits;
    return (raw[y * row + 1 + Math.floor(bit / 8)]! >> (8 - bits - (bit % 8))) & (2 ** bits - 1);
  });
  return { width, height, bits, palette: palette as unknown as Picture['palette'], pixels };
}

describe('png', () => {
  test.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 4],
    [16, 4],
    [17, 8],
    [256, 8],
  ])('%d colours take %d bits a pixel, and come back as they were', (colours, bits) => {
    const palette = Array.from({ length: colours }, (_, k) => [k, 255 - k, (7 * k) % 256] as const);
    for (const [width, height] of [
      [1, 1],
      [7, 3],
      [8, 2],
      [13, 5],
    ] as const) {
      const picture = {
        width,
        height,
        palette,
        pixels: Uint8Array.from({ length: width * height }, (_, k) => (k * 31) % colours),
      };
      expect(decode(encodePng(picture))).toEqual({ ...picture, bits });
    }
  });

  test('what is no picture is refused', () => {
    const palette = [[0, 0, 0] as const];
    expect(() => encodePng({ width: 0, height: 1, palette, pixels: new Uint8Array() })).toThrow(/0×1/);
    expect(() => encodePng({ width: 2, height: 1, palette, pixels: new Uint8Array(3) })).toThrow(/3 pixels/);
    expect(() => encodePng({ width: 1, height: 1, palette, pixels: Uint8Array.of(1) })).toThrow(/colour 1/);
    expect(() => encodePng({ width: 1, height: 1, palette: [], pixels: new Uint8Array(1) })).toThrow(/0 colours/);
  });
});
