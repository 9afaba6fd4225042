import { decode } from 'jpeg-js';
import { checkExtents, type Picture, problem } from './picture.js';

/** The first bytes of every JPEG file: a start of image, and the beginning of another marker. */
export const JPEG_SIGNATURE: readonly number[] = [0xff, 0xd8, 0xff];

/** Megabytes that decoding may take: 4 bytes a pixel, 2 for every coefficient of three components, and what is around. */
const MOST_MEMORY = 2048;

/**
 * Decodes a JPEG file, baseline or progressive, by jpeg-js. That library reads on behind the end of the data, so the markers are walked first. What its Exif data
 * say of how it is to be turned is left out, as Keras and TensorFlow do.
 *
 * @throws PictureProblem
 */
export function decodeJpeg(bytes: Uint8Array): Picture {
  const components = walk(bytes);
  let decoded: { readonly width: number; readonly height: number; readonly data: Uint8Array };
  try {
    decoded = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: 1000,
      maxMemoryUsageInMB: MOST_MEMORY,
    });
  } catch (error) {
    return problem(`is damaged or of an unknown kind: ${reasonOf(error)}`);
  }
  const { width, height, data } = decoded;
  if (components !== 1) return { height, width, channels: 3, data };
  return { height, width, channels: 1, data: data.filter((_, k) => k % 3 === 0) };
}

/** What the library says, on one line. Errors of its own code (a table that is missing) say nothing to a person. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError)
    return 'its parts contradict each other';
  return error.message.split('\n')[0]!.slice(0, 100);
}

/**
 * Goes from marker to marker (ITU-T T.81, annex B) to the end of the image, and returns how many components the image has. A file that breaks off has
 * no end.
 */
function walk(bytes: Uint8Array): number {
  const incomplete = (): never =>
    problem(`is incomplete: it ends at byte ${bytes.length}, before the end of the image`);
  let components = 0;
  for (let at = 2; ; ) {
    if (at + 4 > bytes.length && !(bytes[at] === 0xff && bytes[at + 1] === 0xd9)) incomplete();
    if (bytes[at] !== 0xff) problem(`is damaged: at byte ${at} a marker should begin`);
    const marker = bytes[at + 1]!;
    if (marker === 0xd9) break;
    // Fill bytes before a marker.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!;
    if (at + 2 + length > bytes.length) incomplete();
    if (length < 2) problem(`is damaged: at byte ${at} a segment has ${length} bytes`);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const [height, width] = [5, 7].map((offset) => bytes[at + offset]! * 256 + bytes[at + offset + 1]!);
      checkExtents(height!, width!);
      components = bytes[at + 9]!;
    }
    const isScan = marker === 0xda;
    at += 2 + length;
    if (isScan) at = behindScan(bytes, at) ?? incomplete();
  }
  if (components === 0) problem('is damaged: it holds no image');
  return components;
}

/** Where the marker behind a scan begins: neither a stuffed 0 nor a restart. */
function behindScan(bytes: Uint8Array, from: number): number | undefined {
  for (let at = from; at + 1 < bytes.length; at++) {
    const next = bytes[at + 1]!;
    if (bytes[at] === 0xff && next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return undefined;
}
