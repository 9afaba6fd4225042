import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';

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
