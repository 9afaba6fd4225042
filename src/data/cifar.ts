import { fail } from '../diagnostics/report.js';
import { type DataFile, type InputFile, readInput } from './files.js';
import { gunzipAtMost, isGzip } from './gzip.js';
import { pixelRange, pixelValues } from './images.js';
import type { Table } from './source.js';

/** The classes of CIFAR-10 in the order of their numbers (batches.meta.txt). */
export const cifarLabels: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

const SIDE = 32;
const PIXELS = SIDE * SIDE;
const CHANNELS = 3;
/** A class number, then the red, the green and the blue pixels, row by row. */
const RECORD = 1 + CHANNELS * PIXELS;
/** No file holds more: five times the data set. */
const LARGEST = 2 ** 30;

/**
 * Reads files of CIFAR-10's binary version, plain or packed with gzip, as the fields `image` (32×32×3, the colours of a pixel beside each other) and `label`.
 *
 * @throws Failure of the files, file-truncated, gzip-damaged, label-out-of-range
 */
export function readCifar(inputs: readonly InputFile[], range: readonly number[]): Table {
  const parts: { readonly file: InputFile; readonly bytes: Uint8Array }[] = [];
  const files: DataFile[] = [];
  for (const file of inputs) {
    const { bytes: stored, sha256 } = readInput(file);
    const packed = isGzip(stored);
    const bytes = packed ? gunzipAtMost(stored, LARGEST, file) : stored;
    const rows = Math.ceil(bytes.length / RECORD);
    if (rows === 0 || rows * RECORD !== bytes.length) {
      const expected = Math.max(1, rows) * RECORD;
      fail(
        'file-truncated',
        { file: file.name, expected, found: bytes.length, offset: stored.length, packed },
        { at: file.at },
      );
    }
    parts.push({ file, bytes });
    files.push({ name: file.name, sha256, bytes: stored.length, rows });
  }
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const images = new Float32Array(rows * CHANNELS * PIXELS);
  const labels = new Int32Array(rows);
  const values = pixelValues(range);
  let row = 0;
  for (const { file, bytes } of parts) {
    const first = row;
    for (let at = 0; at < bytes.length; at += RECORD, row++) {
      const label = bytes[at]!;
      if (label >= cifarLabels.length)
        fail(
          'label-out-of-range',
          { where: file.name, row: row - first, label, classes: cifarLabels.length, because: 'the data set has' },
          { at: file.at },
        );
      labels[row] = label;
      const to = row * CHANNELS * PIXELS;
      for (let channel = 0; channel < CHANNELS; channel++) {
        const from = at + 1 + channel * PIXELS;
        for (let pixel = 0; pixel < PIXELS; pixel++)
          images[to + pixel * CHANNELS + channel] = values[bytes[from + pixel]!]!;
      }
    }
  }
  return {
    rows,
    fields: [
      { name: 'image', shape: [SIDE, SIDE, CHANNELS], form: 'values', range: pixelRange(range), data: images },
      { name: 'label', shape: [], form: 'classes', classes: cifarLabels.length, labels: cifarLabels, data: labels },
    ],
    target: 'label',
    files,
  };
}
