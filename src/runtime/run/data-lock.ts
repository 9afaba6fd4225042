import path from 'node:path';
import type { DataFile } from '../../data/files.js';
import type { DataLock } from '../../data/source.js';
import { Failure, fail } from '../../diagnostics/report.js';
import { RunFolder, type RunRecord } from './run-folder.js';

const GO_ON = 'bring the file back, or name the folder that has it: --data-dir FOLDER';

/** The data that a run must go on with. */
export function lockToResume({ data }: Pick<RunRecord, 'data'>): DataLock {
  return lockOf(data, [GO_ON, 'or begin a new run with the data as they are: dnc train']);
}

/** The data that a run's result is judged by and trained on, unless they are accepted as they are. */
export function lockToUse({ data }: Pick<RunRecord, 'data'>): DataLock {
  return lockOf(data, [GO_ON, 'if the changed data are meant: --accept-changed-data']);
}

function lockOf(data: RunRecord['data'], help: readonly string[]): DataLock {
  return { files: new Map(data.map(({ name, sha256, bytes }) => [name, { sha256, bytes }])), help };
}

/** The lock of the run that a spec lies in; undefined for a spec in any other folder. */
export function lockBeside(specFile: string): DataLock | undefined {
  const folder = new RunFolder(path.dirname(specFile));
  try {
    return lockToUse(folder.readRecord());
  } catch (error) {
    // No run, or a run.json of something else: there is nothing to hold the data to.
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/**
 * That every file of the lock was read. One that changed was refused when it was read.
 *
 * @throws Failure file-missing
 */
export function refuseMissing({ files, help }: DataLock, read: readonly DataFile[]): void {
  for (const file of files.keys())
    if (!read.some(({ name }) => name === file))
      fail('file-missing', { file, role: 'a data file of the run' }, { help });
}
