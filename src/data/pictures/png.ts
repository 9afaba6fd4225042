import { crc32, inflateSync } from 'node:zlib';
import { checkExtents, type Picture, problem } from './picture.js';

/** The first bytes of every PNG file. */
export const PNG_SIGNATURE: readonly number[] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Samples a pixel, by colour type (PNG, third edition, table 11.1), and the bit depths that each may have. */
const COLOUR_TYPES: Readonly<Record<number, { readonly samples: number; readonly depths: readonly number[] }>> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { samples: 3, depths: [8, 16] },
  3: { samples: 1, depths: [1, 2, 4, 8] },
  4: { samples: 2, depths: [8, 16] },
  6: { samples: 4, depths: [8, 16] },
};
const PALETTE = 3;

/** Where the seven parts of an interlaced image begin, and how far its pixels are apart (section 8.2, Adam7). */
const PASSES = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
] as const;
const WHOLE = [{ x: 0, y: 0, dx: 1, dy: 1 }] as const;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly samples: number;
  readonly interlaced: boolean;
}

/**
 * Decodes a PNG file (PNG specification, third edition, W3C 2025) of any colour type, bit depth and interlacing. Checksums and lengths are held to, and
 * what is unpacked is never more than the header says. Samples of 16 bits keep their upper byte, those of 1, 2 and 4 bits are spread over 0 … 255;
 * transparency is left out; a palette becomes colours.
 *
 * @throws PictureProblem
 */
export function decodePng(bytes: Uint8Array): Picture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: Header | undefined;
  let palette: Uint8Array | undefined;
  const packed: Uint8Array[] = [];
  let at = PNG_SIGNATURE.length;
  for (let ended = false; !ended; ) {
    if (at + 12 > bytes.length) problem(`is incomplete: it ends at byte ${bytes.length} within its chunks`);
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 12 + length;
    if (end > bytes.length) problem(`is incomplete: it ends at byte ${bytes.length}, its chunk ${type} at ${end}`);
    if (view.getUint32(end - 4) !== crc32(bytes.subarray(at + 4, end - 4)))
      problem(`is damaged: the checksum of its chunk ${type} (byte ${at}) is wrong`);
    const content = bytes.subarray(at + 8, end - 4);
    if (!header && type !== 'IHDR') problem(`is damaged: it begins with a chunk ${type}`);
    if (type === 'IHDR') header = readHeader(content);
    else if (type === 'PLTE') palette = content;
    else if (type === 'IDAT') packed.push(content);
    else if (type === 'IEND') ended = true;
    // A capital letter marks what an image cannot be shown without (section 5.4).
    else if (/^[A-Z]/.test(type)) problem(`holds a chunk ${type}, which is not known`);
    at = end;
  }
  if (header!.colour === PALETTE && (!palette || palette.length % 3 !== 0)) problem('is damaged: it has no palette');
  return toPicture(header!, unpack(header!, packed), palette);
}

function readHeader(content: Uint8Array): Header {
  if (content.length !== 13) problem('is damaged: its header does not have 13 bytes');
  const view = new DataView(content.buffer, content.byteOffset, 13);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colour, compression, filter, interlace] = content.subarray(8) as unknown as readonly number[];
  const type = COLOUR_TYPES[colour!];
  if (!type?.depths.includes(depth!)) problem(`is damaged: there is no colour type ${colour} with ${depth} bits`);
  if (compression !== 0 || filter !== 0 || interlace! > 1)
    problem('is packed, filtered or interlaced in a way that is not known');
  checkExtents(height, width);
  return { width, height, depth: depth!, colour: colour!, samples: type!.samples, interlaced: interlace === 1 };
}

/** The parts of the image that have any pixels. */
function partsOf({ width, height, interlaced }: Header) {
  return (interlaced ? PASSES : WHOLE).flatMap(({ x, y, dx, dy }) => {
    const [columns, rows] = [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)];
    return columns > 0 && rows > 0 ? [{ x, y, dx, dy, columns, rows }] : [];
  });
}

function lineBytes({ depth, samples }: Header, columns: number): number {
  return Math.ceil((columns * samples * depth) / 8);
}

function unpack(header: Header, packed: readonly Uint8Array[]): Uint8Array {
  const size = partsOf(header).reduce((sum, part) => sum + part.rows * (1 + lineBytes(header, part.columns)), 0);
  let raw: Buffer;
  try {
    raw = inflateSync(Buffer.concat(packed), { maxOutputLength: size });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return problem(
      code === 'ERR_BUFFER_TOO_LARGE'
        ? 'is damaged: it holds more pixels than its header says'
        : code === 'Z_BUF_ERROR'
          ? 'is incomplete: its pixels break off'
          : 'is damaged: its pixels cannot be unpacked',
    );
  }
  if (raw.length !== size) problem('is damaged: it holds fewer pixels than its header says');
  return raw;
}

function toPicture(header: Header, raw: Uint8Array, palette: Uint8Array | undefined): Picture {
  const { width, height, depth, colour, samples } = header;
  const channels = colour === 0 || colour === 4 ? 1 : 3;
  const data = new Uint8Array(width * height * channels);
  // Bytes from one pixel to the same byte of the one to its left; at least 1 (section 9.2).
  const step = Math.max(1, (samples * depth) >> 3);
  const spread = depth < 8 && colour !== PALETTE ? 255 / (2 ** depth - 1) : 1;
  let from = 0;
  for (const { x, y, dx, dy, columns, rows } of partsOf(header)) {
    const length = lineBytes(header, columns);
    let above = new Uint8Array(length);
    for (let row = 0; row < rows; row++) {
      const line = raw.subarray(from + 1, from + 1 + length);
      unfilter(raw[from]!, line, above, step);
      from += 1 + length;
      above = line as Uint8Array<ArrayBuffer>;
      for (let column = 0; column < columns; column++) {
        const to = ((y + row * dy) * width + x + column * dx) * channels;
        if (palette && colour === PALETTE) {
          const entry = sampleAt(line, column, depth) * 3;
          if (entry >= palette.length) problem('is damaged: a pixel has a colour that its palette lacks');
          for (let channel = 0; channel < 3; channel++) data[to + channel] = palette[entry + channel]!;
        } else if (depth < 8) data[to] = sampleAt(line, column, depth) * spread;
        else {
          const bytes = depth >> 3;
          for (let channel = 0; channel < channels; channel++)
            data[to + channel] = line[(column * samples + channel) * bytes]!;
        }
      }
    }
  }
  return { height, width, channels, data };
}

/** A sample of at most 8 bits in a line of one sample a pixel; the leftmost is in the upper bits. */
function sampleAt(line: Uint8Array, column: number, depth: number): number {
  const bit = column * depth;
  return (line[bit >> 3]! >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
}

/** Takes a filter back, in place (section 9.2). */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, step: number): void {
  if (filter > 4) problem(`is damaged: a line has the filter ${filter}`);
  if (filter === 0) return;
  for (let k = 0; k < line.length; k++) {
    const left = k >= step ? line[k - step]! : 0;
    const up = above[k]!;
    const corner = k >= step ? above[k - step]! : 0;
    const expected =
      filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : paeth(left, up, corner);
    line[k] = line[k]! + expected;
  }
}

/** The neighbour that is nearest to left + up − corner (section 9.4). */
function paeth(left: number, up: number, corner: number): number {
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
}
