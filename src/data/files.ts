import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { Failure, fail } from '../diagnostics/report.js';
import { systemReason } from '../diagnostics/system-errors.js';
import type { Span } from '../diagnostics/source.js';
import { type FileVersion, versionOf } from './file-version.js';

/** How an input file is spoken of. */
export interface InputFile {
  readonly path: string;
  /** The name in messages and in the data lock: the path as the user wrote it, or relative to a data folder. */
  readonly name: string;
  /** What the file is, in a few words: "training images". */
  readonly role: string;
  /** Where the spec asks for it. */
  readonly at?: Span | undefined;
  /** What an earlier run found in it: anything else is refused. */
  readonly locked?: Locked | undefined;
}

/** A data file as it was read: what a run's data lock holds. */
export interface DataFile {
  readonly name: string;
  /** SHA-256 of the file as it lies on the disk. */
  readonly sha256: string;
  /** Its size on the disk. */
  readonly bytes: number;
  /** The rows that it holds. */
  readonly rows: number;
}

/** A data file that must be as it was. Locks of earlier versions know the hash alone. */
export interface Locked {
  readonly sha256: string;
  readonly bytes?: number | undefined;
  /** What a person can do where it is not. */
  readonly help: readonly string[];
}

/** No input file that is read whole is larger. Tensors of it would pass what a typed array can hold. */
export const LARGEST_FILE = 2 ** 30;

/** Bytes that are read at a time where a file is read piece by piece. */
const CHUNK = 2 ** 20;

/** An input file that is open. Its size is known before memory is taken. Only ordinary files are opened: a device or a pipe might never end. */
export class OpenInput {
  private constructor(
    readonly file: InputFile,
    private readonly descriptor: number,
    readonly size: number,
  ) {}

  /** @throws Failure file-missing, file-unreadable, data-changed where the file is locked and has another size or other contents */
  static open(file: InputFile): OpenInput {
    let descriptor: number;
    try {
      descriptor = openSync(file.path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    } catch (error) {
      return failToRead(error, file);
    }
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile()) failAsNoFile(status, file);
      const open = new OpenInput(file, descriptor, status.size);
      open.refuseChanged();
      return open;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** The bytes from `from` on, `length` of them or up to the end. @throws Failure file-unreadable */
  read(from: number, length: number): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - from)));
    let at = 0;
    try {
      while (at < bytes.length) {
        const read = readSync(this.descriptor, bytes, at, bytes.length - at, from + at);
        if (read === 0) break;
        at += read;
      }
    } catch (error) {
      return failToRead(error, this.file);
    }
    return at === bytes.length ? bytes : bytes.slice(0, at);
  }

  /** The same, piece by piece: what is held at a time is one piece. */
  *pieces(from = 0, to = this.size): Generator<Uint8Array, void, undefined> {
    for (let at = from; at < to; ) {
      const piece = this.read(at, Math.min(CHUNK, to - at));
      if (piece.length === 0) return;
      at += piece.length;
      yield piece;
    }
  }

  version(): FileVersion {
    return versionOf(this.descriptor);
  }

  /** SHA-256 of the whole file. */
  sha256(): string {
    const hash = createHash('sha256');
    for (const piece of this.pieces()) hash.update(piece);
    return hash.digest('hex');
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Before anything is made of the contents: what was cut off or exchanged is named as that, and not by what it leads to. */
  private refuseChanged(): void {
    const { locked } = this.file;
    if (!locked) return;
    const found = { bytes: this.size, sha256: this.sha256() };
    if (found.sha256 !== locked.sha256) failAsChanged(this.file, locked, found);
  }
}

/** @throws Failure data-changed */
export function failAsChanged(
  file: Pick<InputFile, 'name' | 'at'>,
  expected: Locked,
  found: { readonly bytes: number; readonly sha256: string },
): never {
  const { help, sha256, bytes } = expected;
  fail('data-changed', { file: file.name, expected: { sha256, bytes }, found }, { at: file.at, help });
}

function failAsNoFile(status: Stats, file: InputFile): never {
  const reason = status.isDirectory() ? 'it is a folder' : 'it is no ordinary file';
  fail('file-unreadable', { file: file.name, reason }, { at: file.at });
}

/** @throws Failure file-missing, file-unreadable */
export function failToRead(error: unknown, file: InputFile): never {
  if (error instanceof Failure) throw error;
  const { code } = error as NodeJS.ErrnoException;
  const where = { at: file.at };
  if (code === 'ENOENT' || code === 'ENOTDIR') fail('file-missing', { file: file.name, role: file.role }, where);
  fail('file-unreadable', { file: file.name, reason: systemReason(error, 'reading') }, where);
}

/**
 * Reads a whole input file.
 *
 * @throws Failure file-missing, file-unreadable, file-too-large, data-changed
 */
export function readInput(file: InputFile): { readonly bytes: Uint8Array; readonly sha256: string } {
  const open = OpenInput.open(file);
  try {
    if (open.size > LARGEST_FILE) {
      const [found, limit] = [bytesText(open.size), bytesText(LARGEST_FILE)];
      fail('file-too-large', { file: file.name, found, limit }, { at: file.at });
    }
    const bytes = open.read(0, open.size);
    return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  } finally {
    open.close();
  }
}

/** "1.5 GiB": sizes in messages. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number.isInteger(value) ? value : value.toPrecision(3)} ${units[unit]}`;
}
