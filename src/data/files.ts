import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { fail } from '../diagnostics/report.js';
import { systemReason } from '../diagnostics/system-errors.js';
import type { Span } from '../diagnostics/source.js';

/** How an input file is spoken of. */
export interface InputFile {
  readonly path: string;
  /** The name in messages and in the data lock: the path as the user wrote it, or relative to a data folder. */
  readonly name: string;
  /** What the file is, in a few words: "training images". */
  readonly role: string;
  /** Where the spec asks for it. */
  readonly at?: Span | undefined;
}

/** No input file is larger. Tensors of it would pass what a typed array can hold. */
export const LARGEST_FILE = 2 ** 30;

/**
 * Reads a whole input file. Its size is known before memory is taken. Only ordinary files are read: a device or a pipe might never end.
 *
 * @throws Failure file-missing, file-unreadable, file-too-large
 */
export function readInput(file: InputFile): { readonly bytes: Uint8Array; readonly sha256: string } {
  const where = { at: file.at };
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file.path, 'r');
    const status = fstatSync(descriptor);
    if (!status.isFile())
      fail(
        'file-unreadable',
        { file: file.name, reason: status.isDirectory() ? 'it is a folder' : 'it is no ordinary file' },
        where,
      );
    if (status.size > LARGEST_FILE)
      fail('file-too-large', { file: file.name, found: bytesText(status.size), limit: bytesText(LARGEST_FILE) }, where);
    const bytes = new Uint8Array(status.size);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(descriptor, bytes, at, bytes.length - at, at);
      if (read === 0) break;
      at += read;
    }
    const whole = at === bytes.length ? bytes : bytes.slice(0, at);
    return { bytes: whole, sha256: createHash('sha256').update(whole).digest('hex') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') fail('file-missing', { file: file.name, role: file.role }, where);
    return fail('file-unreadable', { file: file.name, reason: systemReason(error, 'reading') }, where);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
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
