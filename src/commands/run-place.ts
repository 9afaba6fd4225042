import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { fail } from '../diagnostics/report.js';
import { inShell } from '../diagnostics/shell.js';
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
  // A simplified spec lies in its run.
  if (isFile(given) && existsSync(path.join(path.dirname(given), 'run.json'))) return path.dirname(given);
  return newestOf(given) ?? failWithoutRun(given);
}

/**
 * The folder of a run that a command works on which takes no other one for it: training goes on with the run that was named. One that holds runs is told
 * which is its newest: `command` before it, and the words `more` behind it.
 *
 * @throws Failure no-run
 */
export function theRun(given: string, command: string, more: readonly string[] = []): string {
  if (existsSync(path.join(given, 'run.json'))) return given;
  const latest = path.join(given, 'latest');
  const run = existsSync(path.join(latest, 'run.json')) ? latest : newestOf(given);
  const help =
    run === undefined
      ? 'list the runs below a folder: dnc runs ls FOLDER'
      : `it holds runs, this one last: ${[command, ...[run, ...more].map(inShell)].join(' ')}`;
  return fail('no-run', { folder: given }, { help: [help] });
}

/** The same where a file, or the folder of a result, is as good. */
export function runOrFile(given: string, more: readonly string[]): string {
  const isFolder = statSync(given, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder && lastResult(given) === undefined ? theRun(given, 'dnc simplify', more) : given;
}

/** The newest run in a folder, or of a spec. */
function newestOf(given: string): string | undefined {
  const folder = isFile(given)
    ? path.join(path.dirname(given), 'runs', path.basename(given, path.extname(given)))
    : given;
  return findRuns(folder).at(-1);
}

function isFile(given: string): boolean {
  return statSync(given, { throwIfNoEntry: false })?.isFile() ?? false;
}

function failWithoutRun(given: string): never {
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
