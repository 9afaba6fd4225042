import { fail } from '../../diagnostics/report.js';
import { sizeOf } from '../../program/program.js';
import type { PictureChoices } from '../columns/fitted.js';
import { type InputFile, readInput } from '../files.js';
import { MOST_NUMBERS } from '../npy.js';
import { decodeJpeg, JPEG_SIGNATURE } from './jpeg.js';
import { type Picture, PictureProblem } from './picture.js';
import { decodePng, PNG_SIGNATURE } from './png.js';
import { resize } from './resize.js';

/** How names of files end that hold pictures which are read. */
export const PICTURE_ENDINGS: readonly string[] = ['.png', '.jpg', '.jpeg'];

/** How names of files end that hold pictures which are not. */
export const OTHER_PICTURES: readonly string[] = ['.gif', '.bmp', '.webp', '.tif', '.tiff', '.heic', '.avif'];

/** Decodes a PNG or JPEG file: what it is is seen in its first bytes, whatever its name. @throws Failure image-damaged */
export function decodePicture(bytes: Uint8Array, file: Pick<InputFile, 'name' | 'at'>): Picture {
  const begins = (signature: readonly number[]) => signature.every((byte, k) => bytes[k] === byte);
  try {
    if (begins(PNG_SIGNATURE)) return decodePng(bytes);
    if (begins(JPEG_SIGNATURE)) return decodeJpeg(bytes);
  } catch (error) {
    if (!(error instanceof PictureProblem)) throw error;
    return fail('image-damaged', { file: file.name, problem: error.problem }, { at: file.at });
  }
  const problem = bytes.length === 0 ? 'is empty' : `is no image that can be read: ${knownAs(bytes)}`;
  return fail('image-damaged', { file: file.name, problem }, { at: file.at });
}

/** What other kind of file begins like this, as far as that is told by its first bytes. */
function knownAs(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (head.startsWith('GIF8')) return 'it is a GIF; PNG and JPEG are read';
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return 'it is a WebP; PNG and JPEG are read';
  if (head.startsWith('BM')) return 'it is a bitmap; PNG and JPEG are read';
  return 'it begins neither as a PNG nor as a JPEG';
}

/** The extents of a row. */
export function pictureShape({ size, channels }: PictureChoices): readonly number[] {
  return [...size, channels];
}

/** Memory for so many pictures. @throws Failure table-too-large before it is taken */
export function pictureMemory(
  rows: number,
  choices: PictureChoices,
  source: string,
  at: InputFile['at'],
): Float32Array {
  const width = sizeOf(pictureShape(choices));
  if (rows * width > MOST_NUMBERS) fail('table-too-large', { source, rows, width, limit: MOST_NUMBERS }, { at });
  return new Float32Array(rows * width);
}

/**
 * Reads one picture into `into`, resized, with its bytes mapped to the range: each number is rounded once, to float32.
 *
 * @returns what a data lock holds of the file
 * @throws Failure of the file, image-damaged
 */
export function readPicture(
  file: InputFile,
  { size, channels, fit, range }: PictureChoices,
  into: Float32Array,
): { readonly bytes: number; readonly sha256: string } {
  const { bytes, sha256 } = readInput(file);
  const picture = decodePicture(bytes, file);
  const [height, width] = size as readonly [number, number];
  const pixels = resize(picture, { height, width, channels: channels as 1 | 3, fit: fit as 'stretch' | 'crop' });
  const divisor = range[1] === 255 ? 1 : 255;
  for (let k = 0; k < pixels.length; k++) into[k] = pixels[k]! / divisor;
  return { bytes: bytes.length, sha256 };
}
