import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type FileVersion, versionOf } from './file-version.js';
import type { InputFile } from './files.js';
import { elementReader, type NpyType } from './npy.js';
import { type Scale, scaleRow } from './scale.js';

/** Rows in one file, one behind the other. Plain data, so that another thread can be told. */
export interface StoredPart {
  readonly file: Pick<InputFile, 'path' | 'name' | 'role'>;
  /** Bytes before the first row. */
  readonly offset: number;
  readonly rows: number;
  /** The type of the elements, as numpy writes it: `<f4`, `|u1`. */
  readonly type: string;
  /** What they are divided by: 255 for pixels. */
  readonly divisor: number;
  /** Of the file when it was looked through. */
  readonly version: FileVersion;
}

/** What rows are stored. Plain data. */
export interface StoredPlan {
  readonly parts: readonly StoredPart[];
  /** Numbers of a row. */
  readonly width: number;
  readonly scale?: Scale;
}

/** Bytes that are read at once where rows are read one behind the other; of larger rows one. */
const BLOCK = 2 ** 20;

/**
 * Reads rows that stay in their files, in any order: what is held of them is one block. They are the numbers that reading the files whole gives, to the
 * last bit. A file is open from the first row that is read of it until nobody has the rows any more, when it is closed as their memory is freed. It knows nothing of messages for people,
 * so that the thread that makes batches ahead need not load them (StoredRows).
 */
export class RowReader {
  readonly rows: number;
  readonly width: number;
  protected readonly parts: readonly Part[];
  /** Bytes of the rows of the file that were read last. */
  private block = new Uint8Array(0);
  private inBlock = { part: -1, first: 0, rows: 0 };
  private last = -1;

  /** `parts`: of the same files, where others read them already. */
  constructor(
    readonly plan: StoredPlan,
    parts?: readonly Part[],
  ) {
    this.width = plan.width;
    this.parts = parts ?? partsOf(plan);
    this.rows = plan.parts.reduce((sum, part) => sum + part.rows, 0);
  }

  /** Writes the numbers of a row. @throws ChangedFile, and what the operating system says of the file */
  read(row: number, into: Float32Array, at: number): void {
    if (!(row >= 0 && row < this.rows)) throw new Error(`row ${row} of ${this.rows}`);
    const { width, plan } = this;
    const which = this.parts.findLastIndex(({ first }) => first <= row);
    const part = this.parts[which]!;
    const place = row - part.first;
    const known = this.inBlock;
    if (known.part !== which || place < known.first || place >= known.first + known.rows) this.load(which, place, row);
    this.last = row;
    part.decode(this.block, (place - this.inBlock.first) * part.rowBytes, into, at);
    if (plan.scale) scaleRow(into, at, width, plan.scale);
  }

  /** Reads a row, and where rows are read one behind the other, those behind it, too. */
  private load(which: number, place: number, row: number): void {
    const part = this.parts[which]!;
    const most = row === this.last + 1 ? Math.max(1, Math.floor(BLOCK / part.rowBytes)) : 1;
    const rows = Math.min(most, part.rows - place);
    const bytes = rows * part.rowBytes;
    if (this.block.length < bytes) this.block = new Uint8Array(bytes);
    this.inBlock = { part: -1, first: 0, rows: 0 };
    try {
      part.read(place, this.block.subarray(0, bytes));
    } catch (error) {
      this.refuse(error, part.file);
    }
    this.inBlock = { part: which, first: place, rows };
  }

  /** What comes of a file that cannot be read. */
  protected refuse(error: unknown, _file: StoredPart['file']): never {
    throw error;
  }
}

function partsOf({ parts, width }: StoredPlan): readonly Part[] {
  let first = 0;
  return parts.map((part) => {
    const own = new Part(part, width, first);
    first += part.rows;
    return own;
  });
}

/** A file changed between the time when it was looked through and the reading of its rows. */
export class ChangedFile extends Error {
  constructor({ name }: StoredPart['file']) {
    super(`${name} changed while it was read from`);
  }
}

const byteValues = new Map<number, Float32Array>();

/** What each of the 256 bytes is when it is divided: rounded once to float32. */
export function valuesOfBytes(divisor: number): Float32Array {
  let values = byteValues.get(divisor);
  if (!values) byteValues.set(divisor, (values = Float32Array.from({ length: 256 }, (_, byte) => byte / divisor)));
  return values;
}

const IS_LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Closes the files of rows that nobody has any more. */
const forgotten = new FinalizationRegistry<number>(closeSync);

/** Rows of one file. */
class Part {
  readonly rows: number;
  readonly rowBytes: number;
  private readonly element: NpyType;
  private descriptor: number | undefined;

  constructor(
    private readonly of: StoredPart,
    private readonly width: number,
    /** The number of its first row among those of all files. */
    readonly first: number,
  ) {
    this.element = elementReader(of.type);
    this.rows = of.rows;
    this.rowBytes = width * this.element.size;
  }

  read(row: number, into: Uint8Array): void {
    this.descriptor ??= this.open();
    let at = 0;
    const from = this.of.offset + row * this.rowBytes;
    while (at < into.length) {
      const read = readSync(this.descriptor, into, at, into.length - at, from + at);
      if (read === 0) throw new ChangedFile(this.file);
      at += read;
    }
    // Looked at behind the reading: whoever writes into the open file changes its version before the bytes are used.
    if (!this.isAsKnown(this.descriptor)) throw new ChangedFile(this.file);
  }

  private open(): number {
    const descriptor = openSync(this.of.file.path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    forgotten.register(this, descriptor);
    return descriptor;
  }

  private isAsKnown(descriptor: number): boolean {
    const { version } = this.of;
    const { bytes, changed, inode } = versionOf(descriptor);
    return bytes === version.bytes && changed === version.changed && inode === version.inode;
  }

  get file(): StoredPart['file'] {
    return this.of.file;
  }

  decode(bytes: Uint8Array, from: number, into: Float32Array, at: number): void {
    const { width, element, of } = this;
    if (of.type === '|u1') {
      const values = valuesOfBytes(of.divisor);
      for (let k = 0; k < width; k++) into[at + k] = values[bytes[from + k]!]!;
      return;
    }
    if (of.type === '<f4' && of.divisor === 1 && IS_LITTLE) {
      new Uint8Array(into.buffer, into.byteOffset + 4 * at, 4 * width).set(bytes.subarray(from, from + 4 * width));
      return;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { read, size } = element;
    // What no number holds exactly was refused when the file was looked through.
    for (let k = 0; k < width; k++) into[at + k] = read(view, from + k * size)! / of.divisor;
  }
}
