import { crc32, deflateSync } from 'node:zlib';

/** A PNG to be written: samples row-major, each below 2^depth, channels together; for colour type 3 places in the palette. */
export interface PngToWrite {
  readonly width: number;
  readonly height: number;
  readonly colour: 0 | 2 | 3 | 4 | 6;
  readonly depth: 1 | 2 | 4 | 8 | 16;
  readonly samples: readonly number[];
  readonly palette?: readonly number[];
  readonly interlaced?: boolean;
  /** By line. */
  readonly filterOf?: (line: number) => number;
  /** In the place of the packed pixels. */
  readonly pixels?: Uint8Array;
}

const CHANNELS = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;

export function chunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
}

export const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Writes a PNG by the specification, in another way than it is read: whole lines as bits, filters from the unfiltered neighbours. */
export function pngBytes(png: PngToWrite): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(png.width, 0);
  header.writeUInt32BE(png.height, 4);
  header.set([png.depth, png.colour, 0, 0, png.interlaced ? 1 : 0], 8);
  const pixels = png.pixels ?? deflateSync(rawLines(png));
  // Pixels may come in several chunks.
  const half = pixels.length >> 1;
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('tEXt', Buffer.from('Comment\0drawn by a test')),
    ...(png.palette ? [chunk('PLTE', Uint8Array.from(png.palette))] : []),
    chunk('IDAT', pixels.subarray(0, half)),
    chunk('IDAT', pixels.subarray(half)),
    chunk('IEND', new Uint8Array()),
  ]);
}

export function rawLines({
  width,
  height,
  colour,
  depth,
  samples,
  interlaced,
  filterOf = () => 0,
}: PngToWrite): Buffer {
  const channels = CHANNELS[colour];
  const step = Math.max(1, (channels * depth) >> 3);
  const grids = interlaced
    ? ['0 0 8 8', '4 0 8 8', '0 4 4 8', '2 0 4 4', '0 2 2 4', '1 0 2 2', '0 1 1 2'].map((text) =>
        text.split(' ').map(Number),
      )
    : [[0, 0, 1, 1]];
  const lines: Buffer[] = [];
  let line = 0;
  for (const [x0, y0, dx, dy] of grids as [number, number, number, number][]) {
    let above: Buffer | undefined;
    for (let y = y0; y < height; y += dy) {
      let bits = '';
      for (let x = x0; x < width; x += dx)
        for (let k = 0; k < channels; k++)
          bits += samples[(y * width + x) * channels + k]!.toString(2).padStart(depth, '0');
      if (bits === '') continue;
      const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
      const plain = Buffer.from(padded.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
      const filter = filterOf(line++);
      const filtered = plain.map((byte, k) => {
        const left = plain[k - step] ?? 0;
        const up = above?.[k] ?? 0;
        const corner = (k >= step ? above?.[k - step] : 0) ?? 0;
        const guess = left + up - corner;
        const [toLeft, toUp, toCorner] = [left, up, corner].map((one) => Math.abs(guess - one)) as [
          number,
          number,
          number,
        ];
        const paeth = toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
        return byte - [0, left, up, (left + up) >> 1, paeth][filter]!;
      });
      lines.push(Buffer.concat([Buffer.from([filter]), filtered]));
      above = plain;
    }
  }
  return Buffer.concat(lines);
}

/** A grey or coloured 8-bit picture. */
export function picture(
  height: number,
  width: number,
  channels: 1 | 3,
  at: (y: number, x: number, k: number) => number,
): Buffer {
  const samples: number[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) for (let k = 0; k < channels; k++) samples.push(at(y, x, k));
  return pngBytes({ width, height, colour: channels === 1 ? 0 : 2, depth: 8, samples });
}

/** One picture of every kind of PNG, 11×9, with samples that look like noise. */
export function everyKind(): { readonly name: string; readonly png: PngToWrite }[] {
  const [width, height] = [11, 9];
  const depths = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] } as const;
  return ([0, 2, 3, 4, 6] as const).flatMap((colour) =>
    depths[colour].flatMap((depth) =>
      [false, true].map((interlaced) => {
        const count = width * height * CHANNELS[colour];
        const samples = Array.from({ length: count }, (_, k) => ((k * 40503 + (k >> 3) * 977) >>> 2) % 2 ** depth);
        const palette = Array.from({ length: 3 * 2 ** Math.min(depth, 8) }, (_, k) => (k * 67 + 13) % 256);
        return {
          name: `colour type ${colour}, ${depth} bits${interlaced ? ', interlaced' : ''}`,
          png: {
            width,
            height,
            colour,
            depth,
            samples,
            interlaced,
            filterOf: (line: number) => line % 5,
            ...(colour === 3 && { palette }),
          },
        };
      }),
    ),
  );
}
