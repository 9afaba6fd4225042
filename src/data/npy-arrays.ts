import { fail } from '../diagnostics/report.js';
import { sizeOf } from '../program/program.js';
import type { InputFile } from './files.js';
import { MOST_NUMBERS, NpyElements, type NpyHeader, readNpyHeader } from './npy.js';
import type { Field } from './source.js';

/** One array in NPY's format, wherever its bytes lie. */
export interface ArrayFile {
  /** What it is called in messages. */
  readonly file: InputFile;
  /** Bytes of all of it. */
  readonly size: number;
  /** Its bytes from the first one on, piece by piece; may be asked for again. */
  bytes(): AsyncIterable<Uint8Array>;
}

/** Arrays joined along their rows. */
export interface JoinedArray {
  readonly rows: number;
  /** Rows of each. */
  readonly counts: readonly number[];
  readonly field: Omit<Field, 'name'>;
}

/**
 * Reads arrays whose rows have the same extents, one behind the other, as real numbers. All headers are read and checked before memory is taken, once, for all of
 * them; of the files no more is held than one piece. One-dimensional arrays have rows of one number.
 *
 * @throws Failure npy-header, file-truncated, file-trailing, array-value, shapes-differ, table-too-large
 */
export async function joinArrays(parts: readonly ArrayFile[]): Promise<JoinedArray> {
  const headers: NpyHeader[] = [];
  for (const part of parts) headers.push(await headerOf(part));
  const [first] = headers;
  const shape = first!.shape.slice(1);
  headers.forEach((header, k) => {
    const [one, other] = [shape, header.shape.slice(1)].map(shapeText);
    if (one === other) return;
    const details = { first: parts[0]!.file.name, shape: one!, second: parts[k]!.file.name, other: other! };
    fail('shapes-differ', details, { at: parts[k]!.file.at });
  });
  const counts = headers.map((header) => header.shape[0]!);
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const width = sizeOf(shape);
  if (rows * width > MOST_NUMBERS)
    fail(
      'table-too-large',
      { source: parts[0]!.file.name, rows, width, limit: MOST_NUMBERS },
      { at: parts[0]!.file.at },
    );
  const data = new Float32Array(rows * width);
  let from = 0;
  for (const [k, part] of parts.entries()) {
    await readElements(part, headers[k]!, data.subarray(from, from + counts[k]! * width));
    from += counts[k]! * width;
  }
  const isWhole = headers.every(({ type }) => type.whole);
  return {
    rows,
    counts,
    field: {
      shape: shape.length === 0 ? [1] : shape,
      form: 'values',
      ...(isWhole && shape.length === 0 && { whole: true as const }),
      data,
    },
  };
}

async function headerOf({ file, size, bytes }: ArrayFile): Promise<NpyHeader> {
  let head: Uint8Array = new Uint8Array();
  let header: NpyHeader | undefined;
  for await (const piece of bytes()) {
    head = head.length === 0 ? piece : Buffer.concat([head, piece]);
    header = readNpyHeader(head, file);
    if (header) break;
  }
  const where = { at: file.at };
  if (!header) {
    const expected = Math.max(size + 1, 128);
    return fail('file-truncated', { file: file.name, expected, found: size, offset: size, packed: false }, where);
  }
  if (header.shape.length === 0)
    fail('npy-header', { file: file.name, problem: 'it holds a single number and has no rows' }, where);
  if (header.shape.includes(0))
    fail('npy-header', { file: file.name, problem: `it is empty: its extents are ${shapeText(header.shape)}` }, where);
  const expected = header.offset + sizeOf(header.shape) * header.type.size;
  if (size < expected)
    fail('file-truncated', { file: file.name, expected, found: size, offset: size, packed: false }, where);
  if (size > expected) fail('file-trailing', { file: file.name, expected, found: size, packed: false }, where);
  return header;
}

async function readElements({ file, bytes }: ArrayFile, header: NpyHeader, into: Float32Array): Promise<void> {
  const elements = new NpyElements(header, file, (index, value) => {
    into[index] = value;
  });
  for await (const piece of bytes()) elements.push(piece);
}

function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'single numbers' : shape.join('×');
}
