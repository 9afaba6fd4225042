import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { failToWrite } from './files.js';

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
