import { fail } from '../diagnostics/report.js';
import { sizeOf } from '../program/program.js';
import { type InputFile, type OpenInput, readInput } from './files.js';
import { gunzipExactly, gunzipHead, isGzip } from './gzip.js';

/**
 * IDX, the format of MNIST (Y. LeCun, "The MNIST database of handwritten digits"): two zero bytes, the type of the elements, the number of dimensions,
 * one big-endian 32-bit extent for each, then the elements in row-major order, big-endian. Plain or packed with gzip, told apart by the first bytes.
 */
export interface Idx {
  /** Extents; the first is the number of rows. */
  readonly extents: readonly number[];
  readonly data: IdxData;
  /** SHA-256 and size of the file as it lies on the disk. */
  readonly sha256: string;
  readonly bytes: number;
}

/** What the header of an IDX file that is not packed says. */
export interface IdxHeader {
  /** Extents; the first is the number of rows. */
  readonly extents: readonly number[];
  /** The type of the elements as numpy writes it. */
  readonly type: string;
  /** Bytes before the first element. */
  readonly offset: number;
}

export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

interface ElementType {
  readonly name: string;
  readonly size: number;
  /** As numpy writes it. */
  readonly type: string;
  read(view: DataView, count: number): IdxData;
}

const TYPES: Readonly<Record<number, ElementType>> = {
  8: {
    name: 'unsigned bytes',
    size: 1,
    type: '|u1',
    read: (view, count) => new Uint8Array(view.buffer, view.byteOffset, count),
  },
  9: {
    name: 'signed bytes',
    size: 1,
    type: '|i1',
    read: (view, count) => new Int8Array(view.buffer, view.byteOffset, count),
  },
  11: {
    name: '16-bit integers',
    size: 2,
    type: '>i2',
    read: (view, count) => Int16Array.from({ length: count }, (_, k) => view.getInt16(2 * k)),
  },
  12: {
    name: '32-bit integers',
    size: 4,
    type: '>i4',
    read: (view, count) => Int32Array.from({ length: count }, (_, k) => view.getInt32(4 * k)),
  },
  13: {
    name: '32-bit floats',
    size: 4,
    type: '>f4',
    read: (view, count) => Float32Array.from({ length: count }, (_, k) => view.getFloat32(4 * k)),
  },
  14: {
    name: '64-bit floats',
    size: 8,
    type: '>f8',
    read: (view, count) => Float64Array.from({ length: count }, (_, k) => view.getFloat64(8 * k)),
  },
};

/** No data set has more dimensions. */
const MOST_DIMENSIONS = 8;
/** No file holds more elements: as many floats are what a typed array can hold. */
export const MOST_ELEMENTS = 2 ** 30;

/** What the reader is to find. */
export interface IdxExpectation {
  /** Number of dimensions, at least and at most, the rows included. */
  readonly dimensions: readonly [least: number, most: number];
  /** The element types that will do, by number: 8 for unsigned bytes. Absent: any. */
  readonly types?: readonly number[];
  /** Extents of a row. Absent: any. */
  readonly row?: readonly number[];
}

/**
 * Reads an IDX file. The header is checked against the size of the file before anything is allocated for the elements.
 *
 * @throws Failure file-missing, file-unreadable, file-too-large, idx-magic, idx-header, file-truncated, file-trailing, gzip-damaged
 */
export function readIdx(file: InputFile, expectation: IdxExpectation): Idx {
  const { bytes, sha256 } = readInput(file);
  return { ...decodeIdx(bytes, file, expectation), sha256, bytes: bytes.length };
}

/** The same, of bytes that were read already. */
export function decodeIdx(
  bytes: Uint8Array,
  file: InputFile,
  expectation: IdxExpectation,
): Omit<Idx, 'sha256' | 'bytes'> {
  const packed = isGzip(bytes);
  const head = packed ? gunzipHead(bytes, file) : bytes;
  const { extents, type, offset } = readHeader(head, bytes.length, packed, file, expectation);
  const count = sizeOf(extents);
  const expected = offset + count * type.size;
  const where = { at: file.at };
  if (!packed && bytes.length < expected)
    fail('file-truncated', { file: file.name, expected, found: bytes.length, offset: bytes.length, packed }, where);
  if (!packed && bytes.length > expected)
    fail('file-trailing', { file: file.name, expected, found: bytes.length, packed }, where);
  const whole = packed ? gunzipExactly(bytes, expected, file) : bytes;
  const view = new DataView(whole.buffer, whole.byteOffset + offset, count * type.size);
  return { extents, data: type.read(view, count) };
}

/**
 * The header of an IDX file, checked against its size, when its rows are to stay where they are; undefined where it is packed, so that no row can be found without those before it.
 *
 * @throws Failure idx-magic, idx-header, file-truncated, file-trailing
 */
export function idxHeader(open: OpenInput, expectation: IdxExpectation): IdxHeader | undefined {
  const { file, size } = open;
  const head = open.read(0, 4 + 4 * MOST_DIMENSIONS);
  if (isGzip(head)) return undefined;
  const { extents, type, offset } = readHeader(head, size, false, file, expectation, Number.MAX_SAFE_INTEGER);
  const expected = offset + sizeOf(extents) * type.size;
  const where = { at: file.at };
  if (size < expected)
    fail('file-truncated', { file: file.name, expected, found: size, offset: size, packed: false }, where);
  if (size > expected) fail('file-trailing', { file: file.name, expected, found: size, packed: false }, where);
  return { extents, type: type.type, offset };
}

function readHeader(
  head: Uint8Array,
  fileSize: number,
  packed: boolean,
  file: InputFile,
  { dimensions: [least, most], types, row }: IdxExpectation,
  mostElements = MOST_ELEMENTS,
): { readonly extents: readonly number[]; readonly type: ElementType; readonly offset: number } {
  const where = { at: file.at };
  const needs = (size: number) => {
    if (head.length < size)
      fail('file-truncated', { file: file.name, expected: size, found: head.length, offset: fileSize, packed }, where);
  };
  needs(4);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const type = TYPES[head[2]!];
  const rank = head[3]!;
  const fits = head[0] === 0 && head[1] === 0 && type !== undefined && rank <= MOST_DIMENSIONS;
  const swapped = fits && (least === 1 ? rank > most : rank === 1);
  if (!type || !fits || rank < least || rank > most || (types && !types.includes(head[2]!))) {
    fail(
      'idx-magic',
      { file: file.name, expected: expectedMagic(least, most, types), found: foundMagic(view.getUint32(0)) },
      swapped ? { ...where, help: ['have images and labels changed places?'] } : where,
    );
  }
  const offset = 4 + 4 * rank;
  needs(offset);
  const extents: number[] = [];
  let count = 1;
  for (let axis = 0; axis < rank; axis++) {
    const extent = view.getUint32(4 + 4 * axis);
    const at = { file: file.name, offset: 4 + 4 * axis };
    const what = axis === 0 ? 'a number of rows' : `extent ${axis} of a row`;
    const known = axis === 0 ? undefined : row?.[axis - 1];
    if (known !== undefined && extent !== known)
      fail('idx-header', { ...at, expected: `${known} as ${what}`, found: String(extent) }, where);
    if (extent === 0) fail('idx-header', { ...at, expected: `${what}, at least 1`, found: '0' }, where);
    count *= extent;
    if (count > mostElements) {
      const most = `at most ${mostElements.toLocaleString('en-US')} elements in all`;
      fail(
        'idx-header',
        { ...at, expected: `${what} that makes ${most}`, found: extent.toLocaleString('en-US') },
        where,
      );
    }
    extents.push(extent);
  }
  return { extents, type, offset };
}

function magic(type: number, rank: number): number {
  return type * 256 + rank;
}

function expectedMagic(least: number, most: number, types: readonly number[] | undefined): string {
  if (least === most && types?.length === 1)
    return `the magic number ${magic(types[0]!, least)} (${describe(types[0]!, least)})`;
  const ranks = least === most ? dimensions(least) : `${least} to ${dimensions(most)}`;
  return `the magic number of an IDX file with ${ranks}${types ? ` of ${types.map((type) => TYPES[type]!.name).join(' or ')}` : ''}`;
}

function foundMagic(found: number): string {
  const [type, rank] = [(found >>> 8) & 0xff, found & 0xff];
  if (found >>> 16 === 0 && TYPES[type] && rank <= MOST_DIMENSIONS) return `${found} (${describe(type, rank)})`;
  const bytes = [24, 16, 8, 0].map((shift) => ((found >>> shift) & 0xff).toString(16).padStart(2, '0'));
  return `the bytes ${bytes.join(' ')}`;
}

function describe(type: number, rank: number): string {
  return `${TYPES[type]!.name}, ${dimensions(rank)}`;
}

function dimensions(count: number): string {
  return `${count} dimension${count === 1 ? '' : 's'}`;
}
