import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { failToWrite } from '../../files.js';

/** Locks that this process holds: its own number in a lock may also be that of an earlier process which had the same one. */
const held = new Set<string>();

/**
 * Takes a lock: a file that holds the number of the process that has it. It appears whole (as a second name of a file that was written before), so
 * that nobody finds an empty one and takes it for what a killed process left. Gives the process that has it, if one lives; a lock without such is
 * taken over.
 *
 * @throws Failure cannot-write
 */
export function takeLock(lock: string): number | undefined {
  try {
    for (;;) {
      if (appears(lock)) {
        held.add(path.resolve(lock));
        return undefined;
      }
      const holder = holderOf(lock);
      if (holder !== undefined && isAlive(holder, lock)) return holder;
      if (holder !== undefined) removeStale(lock);
    }
  } catch (error) {
    return failToWrite(lock, error);
  }
}

/** The living process that has a lock; undefined where nobody does. */
export function livingHolder(lock: string): number | undefined {
  const holder = holderOf(lock);
  return holder !== undefined && isAlive(holder, lock) ? holder : undefined;
}

export function releaseLock(lock: string): void {
  held.delete(path.resolve(lock));
  rmSync(lock, { force: true });
}

/**
 * Removes a lock whose process is gone. Several processes may have found it at once, and by the time that one of them acts, another's own lock may
 * lie there: so only who has a second lock removes the first one, after another look.
 */
function removeStale(lock: string): void {
  const guard = path.join(path.dirname(lock), `.${path.basename(lock)}.takeover`);
  if (!appears(guard)) {
    // Its process does nothing but what stands below: where it is gone, it was killed within these lines.
    const holder = holderOf(guard);
    if (holder !== undefined && !isAlive(holder, guard)) rmSync(guard, { force: true });
    return;
  }
  try {
    const holder = holderOf(lock);
    if (holder !== undefined && !isAlive(holder, lock)) rmSync(lock, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

/** Makes a file with this process's number, at once and whole; false where there is one. */
function appears(file: string): boolean {
  const text = `${process.pid}\n`;
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.part`);
  try {
    writeFileSync(beside, text);
    linkSync(beside, file);
    return true;
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (syscall !== 'link') throw error;
    // Who has the lock removed what looked half-written to it.
    if (code === 'ENOENT') return false;
  } finally {
    rmSync(beside, { force: true });
  }
  // A file system without second names.
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The process that a lock names, 0 where it names none; undefined where there is no lock any more. */
function holderOf(lock: string): number | undefined {
  try {
    return Number(readFileSync(lock, 'utf8').trim()) || 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(holder: number, lock: string): boolean {
  if (!Number.isSafeInteger(holder) || holder <= 0) return false;
  if (holder === process.pid) return held.has(path.resolve(lock));
  try {
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
