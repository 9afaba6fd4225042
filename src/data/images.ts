import { fail } from '../diagnostics/report.js';
import { interval } from '../ir/kind.js';
import type { InputFile } from './files.js';
import { type Idx, type IdxExpectation, readIdx } from './idx.js';
import type { Field, Table } from './source.js';

/** Elements of an IDX file that are bytes. */
export const BYTES: readonly number[] = [8];
/** Elements that are whole numbers. */
export const INTEGERS: readonly number[] = [8, 9, 11, 12];

/** The `range` argument that every source of images has. */
export const imageRange = interval({
  default: [0, 1],
  allowed: [
    [0, 1],
    [0, 255],
  ],
  description:
    'Range of the pixels. Images are stored as bytes and divided by 255 when they are read; 0..255 leaves them as they are.',
});

/** A pixel's byte as the network reads it, for each of the 256: rounded once to float32. */
export function pixelValues(range: readonly number[]): Float32Array {
  const divisor = range[1] === 255 ? 1 : 255;
  return Float32Array.from({ length: 256 }, (_, byte) => byte / divisor);
}

/** The two files of one part of a data set. */
export interface ImageFiles {
  readonly images: InputFile;
  readonly labels: InputFile;
}

/**
 * Reads images and their labels from a pair of IDX files as the fields `image` and `label`. Images with two extents get a third of 1 (channels
 * last). Bytes are mapped to `range`; other numbers are taken as they are.
 *
 * @throws Failure of the files, rows-differ, label-out-of-range
 */
export function readImages(
  files: ImageFiles,
  options: {
    readonly range: readonly number[];
    readonly images: IdxExpectation;
    /** Undefined: one more than the largest label. */
    readonly classes: number | undefined;
  },
): Table {
  const images = readIdx(files.images, options.images);
  const labels = readIdx(files.labels, { dimensions: [1, 1], types: options.images.types ?? INTEGERS });
  const [rows = 0, ...extents] = images.extents;
  if (rows !== labels.extents[0]) {
    fail(
      'rows-differ',
      { first: files.images.name, rows, second: files.labels.name, others: labels.extents[0]! },
      { at: files.labels.at },
    );
  }
  return {
    rows,
    fields: [
      {
        name: 'image',
        shape: extents.length === 2 ? [...extents, 1] : extents,
        form: 'values',
        data: toFloats(images, options.range),
      },
      labelField(labels, files.labels, options.classes),
    ],
    target: 'label',
    files: [
      { name: files.images.name, sha256: images.sha256 },
      { name: files.labels.name, sha256: labels.sha256 },
    ],
  };
}

function toFloats({ data }: Idx, range: readonly number[]): Float32Array {
  if (!(data instanceof Uint8Array)) return Float32Array.from(data);
  const values = pixelValues(range);
  const out = new Float32Array(data.length);
  for (let k = 0; k < data.length; k++) out[k] = values[data[k]!]!;
  return out;
}

function labelField({ data }: Idx, file: InputFile, known: number | undefined): Field {
  let largest = 0;
  for (const label of data) if (label > largest) largest = label;
  const classes = known ?? largest + 1;
  const wrong = data.findIndex((label) => label < 0 || label >= classes);
  if (wrong >= 0) {
    fail(
      'label-out-of-range',
      { where: file.name, row: wrong, label: data[wrong]!, classes, because: 'the data set has' },
      { at: file.at },
    );
  }
  return { name: 'label', shape: [], form: 'classes', classes, data: Int32Array.from(data) };
}
