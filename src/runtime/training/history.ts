import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { failToWrite } from '../../files.js';

/** A file of JSON lines that only grows, and can be cut back to where a checkpoint was made. */
export class History {
  constructor(readonly path: string) {}

  /** Bytes in it now. */
  get length(): number {
    return existsSync(this.path) ? statSync(this.path).size : 0;
  }

  append(row: object): void {
    this.write((file) => writeSync(file, `${JSON.stringify(row)}\n`), 'a');
  }

  /** Forgets what came after the first `length` bytes. */
  cut(length: number): void {
    if (!existsSync(this.path) && length === 0) return;
    this.write((file) => ftruncateSync(file, length), 'r+');
  }

  /** Forgets the rows from the first one on that is damaged or that `keep` refuses. */
  cutFrom(keep: (row: Readonly<Record<string, unknown>>) => boolean): void {
    if (!existsSync(this.path)) return;
    let length = 0;
    for (const line of readFileSync(this.path, 'utf8').split('\n').slice(0, -1)) {
      if (!keep(parsed(line))) break;
      length += Buffer.byteLength(line) + 1;
    }
    this.cut(length);
  }

  private write(work: (file: number) => void, flags: string): void {
    try {
      const file = openSync(this.path, flags);
      try {
        work(file);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      failToWrite(this.path, error);
    }
  }
}

/** The row of a line; an empty one where the line is damaged. */
function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const row: unknown = JSON.parse(line);
    return typeof row === 'object' && row !== null ? (row as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
