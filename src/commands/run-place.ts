import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../diagnostics/report.js';
import { findRuns } from '../reports/runs.js';
import { SWEEP } from '../runtime/sweep/record.js';
import { lastResult } from '../runtime/simplify/result-folder.js';

/**
 * The folder of the run that a command works on: the one that was named, the last one of a spec that was named, or the newest one in a folder, which is
 * the current one where nothing was named.
 *
 * @throws Failure no-run
 */
export function runFolder(given = '.'): string {
  if (existsSync(path.join(given, 'run.json'))) return given;
  // Any of its trials, taken for the newest run below, would be shown as if it were the sweep.
  if (existsSync(path.join(given, SWEEP)))
    return fail(
      'no-run',
      { folder: given },
      {
        help: [
          `it holds a sweep: dnc sweep report ${given}`,
          `one of its trials is a run: dnc report ${path.join(given, 'trials', '…')}`,
        ],
      },
    );
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
  const run = findRuns(folder).at(-1);
  if (run !== undefined) return run;
  const simplified = lastResult(given);
  const help =
    simplified === undefined
      ? ['make one: dnc train', 'list those of a folder: dnc runs ls FOLDER']
      : [
          `it holds what dnc simplify made, which has no history: dnc summary ${given}`,
          `or compare it with what it was made from: dnc diff SPEC ${given}`,
        ];
  return fail('no-run', { folder: given }, { help });
}
