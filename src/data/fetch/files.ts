import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { failToWrite } from '../../files.js';

/** Size of a file; undefined where there is none. */
export function sizeOfFile(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}

export function sha256OfFile(file: string): string {
  const hash = createHash('sha256');
  readInto(hash, file);
  return hash.digest('hex');
}

function readInto(hash: Hash, file: string): number {
  const buffer = Buffer.alloc(2 ** 20);
  const descriptor = openSync(file, 'r');
  try {
    let size = 0;
    for (;;) {
      const read = readSync(descriptor, buffer);
      if (read === 0) return size;
      hash.update(buffer.subarray(0, read));
      size += read;
    }
  } finally {
    closeSync(descriptor);
  }
}

/**
 * A file that is written piece by piece under another name (`.part` behind its own), and gets its own when it is whole and what it should be. What a process that ended left of it is
 * gone on with.
 */
export class PartialFile {
  private hash = createHash('sha256');
  private descriptor: number | undefined;
  size = 0;

  constructor(readonly file: string) {}

  private get part(): string {
    return `${this.file}.part`;
  }

  /** Opens what is there already, or begins. @throws Failure cannot-write */
  open(): void {
    try {
      this.descriptor = openSync(this.part, 'a');
      this.hash = createHash('sha256');
      this.size = readInto(this.hash, this.part);
    } catch (error) {
      failToWrite(this.part, error);
    }
  }

  /** @throws Failure cannot-write */
  write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length; ) {
        const written = writeSync(this.descriptor!, bytes, at);
        this.hash.update(bytes.subarray(at, at + written));
        this.size += written;
        at += written;
      }
    } catch (error) {
      failToWrite(this.part, error);
    }
  }

  /** Forgets what is there. */
  restart(): void {
    try {
      ftruncateSync(this.descriptor!, 0);
    } catch (error) {
      failToWrite(this.part, error);
    }
    this.hash = createHash('sha256');
    this.size = 0;
  }

  /** SHA-256 of what is there. */
  get sha256(): string {
    return this.hash.copy().digest('hex');
  }

  /** Gives the file its name; from then on it is there whole, also after a power cut. */
  finish(): void {
    try {
      fsyncSync(this.descriptor!);
      this.close();
      renameSync(this.part, this.file);
    } catch (error) {
      failToWrite(this.file, error);
    }
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  /** Removes what is there. */
  remove(): void {
    this.close();
    rmSync(this.part, { force: true });
  }
}
