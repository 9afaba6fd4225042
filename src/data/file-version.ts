import { fstatSync } from 'node:fs';

/** By what it is known that a file is still the one that was looked through. */
export interface FileVersion {
  readonly bytes: number;
  readonly changed: number;
  readonly inode: number;
}

export function versionOf(descriptor: number): FileVersion {
  const { size, mtimeMs, ino } = fstatSync(descriptor);
  return { bytes: size, changed: mtimeMs, inode: ino };
}
