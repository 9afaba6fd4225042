import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../diagnostics/report.js';
import { findRuns } from '../reports/runs.js';

/**
 * The folder of the run that a command works on: the one that was named, the last one of a spec that was named, or the newest one in a folder, which is
 * the current one where nothing was named.
 *
 * @throws Failure no-run
 */
export function runFolder(given = '.'): string {
  if (existsSync(path.join(given, 'run.json'))) return given;
  const entry = statSync(given, { throwIfNoEntry: false });
  if (entry?.isFile()) {
    const name = path.basename(given, path.extname(given));
    // A simplified spec lies in its run.
    if (existsSync(path.join(path.dirname(given), 'run.json'))) return path.dirname(given);
    return newest(path.join(path.dirname(given), 'runs', name), given);
  }
  return newest(given, given);
}

function newest(folder: string, given: string): string {
  return (
    findRuns(folder).at(-1) ??
    fail('no-run', { folder: given }, { help: ['make one: dnc train', 'list those of a folder: dnc runs ls FOLDER'] })
  );
}
