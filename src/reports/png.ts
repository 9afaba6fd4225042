import { crc32, deflateSync } from 'node:zlib';

/** A picture of few colours. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, 0 to 255; at most 256 colours. */
  readonly palette: readonly (readonly [red: number, green: number, blue: number])[];
  /** Row by row, an index into the palette each. */
  readonly pixels: Uint8Array;
}

/**
 * The bytes of a PNG file (W3C, PNG Specification, third edition) with a palette: as few bits a pixel as the colours need, rows unfiltered, since
 * filters serve gradients. Equal pictures give equal bytes under one version of zlib.
 */
export function encodePng({ width, height, palette, pixels }: Picture): Uint8Array {
  if (width < 1 || height < 1 || pixels.length !== width * height)
    throw new Error(`a picture of ${width}×${height} with ${pixels.length} pixels`);
  if (palette.length < 1 || palette.length > 256) throw new Error(`a palette of ${palette.length} colours`);
  const bits = [1, 2, 4, 8].find((one) => palette.length <= 2 ** one)!;
  const row = Math.ceil((width * bits) / 8);
  // Every row begins with the number of its filter: 0, none.
  const raw = new Uint8Array(height * (row + 1));
  for (let y = 0; y < height; y++) {
    const start = y * (row + 1) + 1;
    for (let x = 0; x < width; x++) {
      const pixel = pixels[y * width + x]!;
      if (pixel >= palette.length) throw new Error(`colour ${pixel} of ${palette.length}`);
      const at = x * bits;
      raw[start + (at >> 3)]! |= pixel << (8 - bits - (at & 7));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Bit depth, colour type 3 (palette), deflate, adaptive filters, not interlaced.
  header.set([bits, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', Uint8Array.from(palette.flat())),
    chunk('IDAT', deflateSync(raw, { level: 9 })),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** Length, type, content, CRC-32 of type and content. */
function chunk(type: string, content: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
