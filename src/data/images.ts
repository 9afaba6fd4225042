import { fail } from '../diagnostics/report.js';
import { interval } from '../ir/kind.js';
import { sizeOf } from '../program/program.js';
import type { FileVersion } from './file-version.js';
import { type InputFile, LARGEST_FILE, OpenInput } from './files.js';
import { type Idx, type IdxExpectation, type IdxHeader, idxHeader, MOST_ELEMENTS, readIdx } from './idx.js';
import { valuesOfBytes } from './row-reader.js';
import type { Field, Table } from './source.js';
import { StoredRows } from './stored-rows.js';

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

/** What all pixels lie in that are read with this `range`. */
export function pixelRange(range: readonly number[]): readonly [low: number, high: number] {
  return range[1] === 255 ? [0, 255] : [0, 1];
}

/** What the bytes of pixels are divided by. */
function pixelDivisor(range: readonly number[]): number {
  return range[1] === 255 ? 1 : 255;
}

/** A pixel's byte as the network reads it, for each of the 256: rounded once to float32. */
export function pixelValues(range: readonly number[]): Float32Array {
  return valuesOfBytes(pixelDivisor(range));
}

/** The files of one part of a data set: several are read one behind the other. */
export interface ImageFiles {
  readonly images: readonly InputFile[];
  readonly labels: readonly InputFile[];
}

/**
 * Reads images and their labels from IDX files as the fields `image` and `label`. Images with two extents get a third of 1 (channels last). Bytes are
 * mapped to `range`; other numbers are taken as they are. Images that take more memory than they may, or are more than can be read whole, stay in their files, unless these are packed.
 *
 * @throws Failure of the files, rows-differ, shapes-differ, label-out-of-range
 */
export function readImages(
  files: ImageFiles,
  options: {
    readonly range: readonly number[];
    readonly images: IdxExpectation;
    /** Undefined: one more than the largest label. */
    readonly classes: number | undefined;
    /** Bytes that the images may take in memory; more stay in their files. Absent: all are read. */
    readonly memory?: number | undefined;
  },
): Table {
  const stored = options.memory === undefined ? undefined : openStored(files.images, options.images, options.memory);
  const images = stored ?? files.images.map((file) => ({ file, ...readIdx(file, options.images) }));
  const expectation = { dimensions: [1, 1], types: options.images.types ?? INTEGERS } as const;
  const labels = files.labels.map((file) => ({ file, ...readIdx(file, expectation) }));
  const [first] = images;
  const [, ...extents] = first!.extents;
  for (const other of images) {
    const [shape, found] = [extents.join('×'), other.extents.slice(1).join('×')];
    if (shape !== found)
      fail(
        'shapes-differ',
        { first: first!.file.name, shape, second: other.file.name, other: found },
        { at: other.file.at },
      );
  }
  const rows = rowsOf(images);
  if (rows !== rowsOf(labels)) {
    const [names, others] = [images, labels].map((parts) => parts.map(({ file }) => file.name).join(' and '));
    fail('rows-differ', { first: names!, rows, second: others!, others: rowsOf(labels) }, { at: labels[0]!.file.at });
  }
  const width = sizeOf(extents);
  const areBytes = images.every((part) => ('data' in part ? part.data instanceof Uint8Array : part.type === '|u1'));
  return {
    rows,
    fields: [
      {
        name: 'image',
        shape: extents.length === 2 ? [...extents, 1] : extents,
        form: 'values',
        ...(areBytes && { range: pixelRange(options.range) }),
        data: stored
          ? storedImages(stored, width, options.range)
          : imageNumbers(images as ReadFile[], width, options.range),
      },
      labelField(labels, options.classes),
    ],
    target: 'label',
    files: [...images, ...labels].map(({ file, sha256, bytes, extents: [count] }) => ({
      name: file.name,
      sha256,
      bytes,
      rows: count!,
    })),
  };
}

type ReadFile = Idx & { readonly file: InputFile };

/** An IDX file that was looked through, and whose elements stay in it. */
interface StoredFile extends IdxHeader {
  readonly file: InputFile;
  readonly version: FileVersion;
  readonly sha256: string;
  readonly bytes: number;
}

/** Undefined where the images can be read whole and fit into so much memory as numbers, or are packed. */
function openStored(
  files: readonly InputFile[],
  expectation: IdxExpectation,
  memory: number,
): readonly StoredFile[] | undefined {
  const opened: OpenInput[] = [];
  try {
    for (const file of files) opened.push(OpenInput.open(file));
    const headers = opened.flatMap((open) => idxHeader(open, expectation) ?? []);
    const sizes = headers.map(({ extents }, k) => ({ bytes: opened[k]!.size, elements: sizeOf(extents) }));
    if (headers.length < files.length || !stayInFiles(sizes, memory)) return undefined;
    return opened.map((open, k) => ({
      ...headers[k]!,
      file: open.file,
      version: open.version(),
      sha256: open.sha256(),
      bytes: open.size,
    }));
  } finally {
    for (const open of opened) open.close();
  }
}

/** Whether the elements of files stay there: they take more memory as numbers than they may, or are more than can be read whole, however much memory there is. */
export function stayInFiles(
  files: readonly { readonly bytes: number; readonly elements: number }[],
  memory: number,
): boolean {
  const elements = files.reduce((sum, file) => sum + file.elements, 0);
  return 4 * elements > memory || elements > MOST_ELEMENTS || files.some(({ bytes }) => bytes > LARGEST_FILE);
}

function storedImages(files: readonly StoredFile[], width: number, range: readonly number[]): StoredRows {
  return new StoredRows({
    width,
    parts: files.map(({ file: { path, name, role }, offset, extents, type, version }) => ({
      file: { path, name, role },
      offset,
      rows: extents[0]!,
      type,
      // Bytes are pixels; other numbers are taken as they are.
      divisor: type === '|u1' ? pixelDivisor(range) : 1,
      version,
    })),
  });
}

function imageNumbers(images: readonly Idx[], width: number, range: readonly number[]): Float32Array {
  const data = new Float32Array(rowsOf(images) * width);
  let from = 0;
  for (const part of images) {
    toFloats(part, range, data.subarray(from, from + part.data.length));
    from += part.data.length;
  }
  return data;
}

function rowsOf(parts: readonly Pick<Idx, 'extents'>[]): number {
  return parts.reduce((sum, { extents }) => sum + extents[0]!, 0);
}

function toFloats({ data }: Idx, range: readonly number[], into: Float32Array): void {
  if (!(data instanceof Uint8Array)) {
    into.set(data);
    return;
  }
  const values = pixelValues(range);
  for (let k = 0; k < data.length; k++) into[k] = values[data[k]!]!;
}

function labelField(parts: readonly (Idx & { readonly file: InputFile })[], known: number | undefined): Field {
  const data = new Int32Array(rowsOf(parts));
  let from = 0;
  let largest = 0;
  for (const part of parts) {
    for (const label of part.data) if (label > largest) largest = label;
    data.set(part.data, from);
    from += part.data.length;
  }
  const classes = known ?? largest + 1;
  for (const { data, file } of parts) {
    const wrong = data.findIndex((label) => label < 0 || label >= classes);
    if (wrong < 0) continue;
    const details = { row: wrong, label: data[wrong]!, classes, because: 'the data set has' };
    fail('label-out-of-range', { where: file.name, ...details }, { at: file.at });
  }
  return { name: 'label', shape: [], form: 'classes', classes, data };
}
