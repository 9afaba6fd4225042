import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { fail } from './diagnostics/report.js';
import { systemReason } from './diagnostics/system-errors.js';

/** Turns an error of the file system into one for people (exit 5); any other error goes on as it is. */
export function failToWrite(file: string, error: unknown): never {
  fail('cannot-write', { file, reason: systemReason(error, 'writing') });
}

/** Removes what an action that failed left behind. That it cannot be removed is not the error to show. */
function discard(path_: string): void {
  try {
    rmSync(path_, { recursive: true, force: true });
  } catch {}
}

/**
 * Removes what a process that was killed left half-written in a folder, under names that only `writeAtomically` and `replaceFolder` give.
 * No other process may be writing there.
 */
export function removeHalfWritten(folder: string): void {
  let entries: readonly string[];
  try {
    entries = readdirSync(folder);
  } catch {
    return;
  }
  for (const entry of entries) if (/^(\..*\.\d+|\d{6,})\.part$/.test(entry)) discard(path.join(folder, entry));
}

/**
 * Makes a folder and those above it that are not there, one level after the other: where a file system lets nobody make folders (/proc), Node's own
 * `recursive` never comes to an end.
 *
 * @throws the operating system's error for the first folder that cannot be made
 */
export function makeFolders(folder: string): void {
  const isThere = () => statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (isThere()) return;
  const parent = path.dirname(path.resolve(folder));
  if (parent !== path.resolve(folder)) makeFolders(parent);
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have made it in between.
    if (!isThere()) throw error;
  }
}

/** The same, saying why not (exit 5). */
export function makeFolder(folder: string): void {
  try {
    makeFolders(folder);
  } catch (error) {
    failToWrite(folder, error);
  }
}

/**
 * Makes a folder with these files appear at once: written beside, synced, renamed. A reader sees all of them or none. What an earlier
 * process left half-written in the folder above it is removed.
 */
export function replaceFolder(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  const parent = path.dirname(folder);
  const beside = `${folder}.part`;
  try {
    removeHalfWritten(parent);
    mkdirSync(beside);
    for (const [name, content] of Object.entries(files)) {
      const file = openSync(path.join(beside, name), 'w');
      try {
        const bytes = typeof content === 'string' ? Buffer.from(content) : content;
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    }
    syncFolder(beside);
    rmSync(folder, { recursive: true, force: true });
    renameSync(beside, folder);
    syncFolder(parent);
  } catch (error) {
    discard(beside);
    failToWrite(folder, error);
  }
}

/** Makes renames in a folder last through a power cut, where the platform can. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Who may do what with a file that is there: what replaces it is no more open than it was. */
function permissionsOf(file: string): number {
  return (statSync(file, { throwIfNoEntry: false })?.mode ?? 0o666) & 0o777;
}

/**
 * Writes a file so that it is there whole or not at all, also after a power cut: written beside, synced, renamed, folder synced. Its folder
 * must exist or be makeable.
 */
export function writeAtomically(file: string, content: string | Uint8Array): void {
  const folder = path.dirname(file);
  makeFolder(folder);
  const beside = path.join(folder, `.${path.basename(file)}.${process.pid}.part`);
  try {
    const handle = openSync(beside, 'w', permissionsOf(file));
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(beside, file);
    syncFolder(folder);
  } catch (error) {
    discard(beside);
    failToWrite(file, error);
  }
}
