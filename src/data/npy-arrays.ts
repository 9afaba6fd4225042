import { fail } from '../diagnostics/report.js';
import { sizeOf } from '../program/program.js';
import type { FileVersion } from './file-version.js';
import type { InputFile } from './files.js';
import { MOST_NUMBERS, NpyElements, type NpyHeader, type NpyTarget, readNpyHeader } from './npy.js';
import type { Field } from './source.js';
import { StoredRows } from './stored-rows.js';

/** One array in NPY's format, wherever its bytes lie. */
export interface ArrayFile {
  /** What it is called in messages. */
  readonly file: InputFile;
  /** Bytes of all of it. */
  readonly size: number;
  /** Its bytes from the first one on, piece by piece; may be asked for again. */
  bytes(): AsyncIterable<Uint8Array>;
  /** Where they lie in the file as they are, where its rows may stay there. */
  readonly inFile?: { readonly at: number; readonly version: FileVersion } | undefined;
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
 * them; of the files no more is held than one piece. One-dimensional arrays have rows of one number. Rows that would take more than `memory` bytes are looked through and stay in
 * their files, where they lie one behind the other in them.
 *
 * @throws Failure npy-header, file-truncated, file-trailing, array-value, shapes-differ, table-too-large
 */
export async function joinArrays(
  parts: readonly ArrayFile[],
  { memory = Number.POSITIVE_INFINITY }: { readonly memory?: number | undefined } = {},
): Promise<JoinedArray> {
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
  const byColumn = headers.findIndex(({ fortran, shape }) => fortran && shape.length > 1);
  const mayStay = byColumn < 0 && parts.every(({ inFile }) => inFile);
  const isLarge = 4 * rows * width > memory || rows * width > MOST_NUMBERS;
  if (rows * width > MOST_NUMBERS && !mayStay) {
    const which = parts[Math.max(0, byColumn)]!.file.name;
    const help =
      byColumn >= 0
        ? [
            `${which} has its rows scattered over the file (fortran_order): \`numpy.save("x.npy", numpy.ascontiguousarray(x))\``,
          ]
        : [];
    fail(
      'table-too-large',
      { source: parts[0]!.file.name, rows, width, limit: MOST_NUMBERS },
      { at: parts[0]!.file.at, help },
    );
  }
  const data = isLarge && mayStay ? await lookThrough(parts, headers, width) : new Float32Array(rows * width);
  let from = 0;
  if (data instanceof Float32Array)
    for (const [k, part] of parts.entries()) {
      const into = data.subarray(from, from + counts[k]! * width);
      await eachElement(part, headers[k]!, (index, value) => {
        into[index] = value;
      });
      from += into.length;
    }
  const isWhole = headers.every(({ type }) => type.whole);
  return {
    rows,
    counts,
    field: {
      shape: shape.length === 0 ? [1] : shape,
      form: 'values',
      // Labels of shape [rows, 1] are what those of shape [rows] are.
      ...(isWhole && width === 1 && shape.length <= 1 && { whole: true as const }),
      data,
    },
  };
}

/** Every number is looked at, so that what cannot be read is told before training; none is kept. */
async function lookThrough(
  parts: readonly ArrayFile[],
  headers: readonly NpyHeader[],
  width: number,
): Promise<StoredRows> {
  for (const [k, part] of parts.entries()) await eachElement(part, headers[k]!, () => {});
  return new StoredRows({
    width,
    parts: parts.map(({ file: { path, name, role }, inFile }, k) => {
      const { offset, shape, type } = headers[k]!;
      const { at, version } = inFile!;
      return { file: { path, name, role }, offset: at + offset, rows: shape[0]!, type: type.name, divisor: 1, version };
    }),
  });
}

async function headerOf({ file, size, bytes, inFile }: ArrayFile): Promise<NpyHeader> {
  let head: Uint8Array = new Uint8Array();
  let header: NpyHeader | undefined;
  for await (const piece of bytes()) {
    head = head.length === 0 ? piece : Buffer.concat([head, piece]);
    header = readNpyHeader(head, file, inFile && Number.MAX_SAFE_INTEGER);
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

async function eachElement({ file, bytes }: ArrayFile, header: NpyHeader, target: NpyTarget): Promise<void> {
  const elements = new NpyElements(header, file, target);
  for await (const piece of bytes()) elements.push(piece);
}

function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? 'single numbers' : shape.join('×');
}
