import { existsSync, lstatSync, readdirSync, realpathSync, renameSync, rmSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { Failure, fail } from '../diagnostics/report.js';
import { failToWrite } from '../files.js';
import type { HistoryRow } from '../runtime/training/progress.js';
import { livingHolder } from '../runtime/run/lock.js';
import { RunFolder } from '../runtime/run/run-folder.js';
import { SWEEP } from '../runtime/sweep/record.js';
import { columns } from './columns.js';
import { bytes, measured, percent } from './numbers.js';
import { readHistory, readResult, type StoredResult } from './run-data.js';
import { type RunState, stateOf } from './run-state.js';

/** One run as `dnc runs ls --json` prints it. */
export interface RunLine {
  readonly folder: string;
  /** The spec's file name without its ending; absent where run.json cannot be read. */
  readonly name?: string;
  readonly state: RunState | 'damaged';
  /** UTC, to the second: 2026-11-21T08:26:04. */
  readonly started: string;
  /** Epochs done. */
  readonly epochs?: number;
  /** The first metric, or the loss: of the result on test rows where there are some, else of the last epoch. */
  readonly metric?: {
    readonly name: string;
    readonly of: 'test' | 'validation' | 'train';
    readonly value: number | null;
  };
  /** Elements of kernels. */
  readonly weights?: { readonly before: number; readonly after: number };
  /** On disk. */
  readonly bytes: number;
  /** What is wrong: why it failed, or which file is damaged. */
  readonly problem?: string;
}

/**
 * The runs in a folder: itself, those in its `runs`, and those in the folders right below it; oldest first. Links are not followed, so `latest` is not
 * counted twice.
 */
export function findRuns(folder: string): string[] {
  return oldestFirst(found(folder, 'run.json', 'runs'));
}

/** The sweeps in a folder, found as runs are, in its `sweeps`; each with the runs of those of its trials that have begun. */
export function findSweeps(folder: string): { readonly folder: string; readonly trials: string[] }[] {
  return [...found(folder, SWEEP, 'sweeps')].sort(compare).map((sweep) => ({
    folder: sweep,
    trials: below(path.join(sweep, 'trials')).filter(isRun).sort(compare),
  }));
}

function isRun(folder: string): boolean {
  return existsSync(path.join(folder, 'run.json'));
}

function oldestFirst(runs: Iterable<string>): string[] {
  return [...runs].sort((a, b) => compare(startOf(a), startOf(b)) || compare(a, b));
}

/** Folders that hold a file `record`: the folder itself, those in its `home`, and those in the folders right below it. */
function found(folder: string, record: string, home: string): Set<string> {
  const isOne = (one: string) => existsSync(path.join(one, record));
  if (isOne(folder)) return new Set([folder]);
  const all = new Set<string>();
  for (const child of below(folder)) {
    if (isOne(child)) all.add(child);
    else for (const one of below(child)) if (isOne(one)) all.add(one);
    // runs/<name>/<time> here, and beside the specs of a folder of specs.
    const homes = path.basename(child) === home ? child : path.join(child, home);
    for (const name of below(homes)) for (const one of below(name)) if (isOne(one)) all.add(one);
  }
  return all;
}

function below(folder: string): string[] {
  return entries(folder)
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map((entry) => path.join(folder, entry.name));
}

function entries(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** When a run began: its name says so where dnc chose it (that of what a link such as `latest` leads to), else the age of its record, which is written first. */
function startOf(folder: string): string {
  const [, year, month, day, hours, minutes, seconds] =
    /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-/.exec(path.basename(realpathSync(folder))) ?? [];
  if (year !== undefined) return `${year}-${month}-${day}T${hours}:${minutes}:${seconds}`;
  const written = statSync(path.join(folder, 'run.json'), { throwIfNoEntry: false })?.mtime;
  return written ? written.toISOString().slice(0, 19) : '';
}

/** What there is to say of a run. A damaged one says so. */
export function runLine(folderPath: string): RunLine {
  const folder = new RunFolder(folderPath);
  const known = { folder: folderPath, started: startOf(folderPath), bytes: sizeOnDisk(folderPath) };
  let name: string | undefined;
  try {
    name = folder.readRecord().name;
    const result = readResult(folder);
    const last = readHistory(folder).at(-1);
    const state = stateOf(folder);
    const problem = state === 'failed' ? folder.readFailure() : undefined;
    const metric = metricOf(result?.scores, last);
    return {
      ...known,
      name,
      state,
      ...(last && { epochs: last.epoch }),
      ...(metric && { metric }),
      ...(result && { weights: { before: result.weights_before, after: result.weights_after } }),
      ...(problem !== undefined && { problem }),
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const problem = error.diagnostics.map(({ message }) => message).join('; ');
    return { ...known, ...(name !== undefined && { name }), state: 'damaged', problem };
  }
}

function metricOf(scores: StoredResult['scores'] | undefined, last: HistoryRow | undefined): RunLine['metric'] {
  for (const of of ['test', 'validation'] as const) {
    const score = scores?.[of]?.simplified;
    if (score) return first(of, score);
  }
  if (last?.validation) return first('validation', last.validation);
  return last && first('train', last);
}

function first(
  of: 'test' | 'validation' | 'train',
  { loss, metrics }: { readonly loss: number | null; readonly metrics: Readonly<Record<string, number | null>> },
): NonNullable<RunLine['metric']> {
  const [name] = Object.keys(metrics);
  return name === undefined ? { name: 'loss', of, value: loss } : { name, of, value: metrics[name] ?? null };
}

/** Bytes of all files below a folder; links count as themselves. */
function sizeOnDisk(folder: string): number {
  return entries(folder).reduce((sum, entry) => {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) return sum + sizeOnDisk(at);
    return sum + (statLink(at)?.size ?? 0);
  }, 0);
}

function statLink(file: string): Stats | undefined {
  return lstatSync(file, { throwIfNoEntry: false });
}

/** The table of `dnc runs ls`. */
export function runsText(runs: readonly RunLine[]): string {
  if (runs.length === 0) return '';
  const rows = runs.map((run) => [
    run.folder,
    run.state,
    run.epochs === undefined ? '' : String(run.epochs),
    run.metric ? `${run.metric.of} ${run.metric.name} ${measured(run.metric.value)}` : '',
    run.weights && run.weights.before > 0 ? percent(run.weights.after / run.weights.before) : '',
    bytes(run.bytes),
    run.started.replace('T', ' '),
  ]);
  return columns(
    [['run', 'state', 'epochs', 'metric', 'weights', 'on disk', 'started (UTC)'], ...rows],
    ['left', 'left', 'right', 'left', 'right', 'right', 'left'],
  );
}

/** The list with its sweeps: runs of their own first, then the trials of every sweep under its name. */
export function listText(
  runs: readonly RunLine[],
  sweeps: readonly { readonly folder: string; readonly trials: readonly RunLine[] }[],
): string {
  const parts = sweeps.map(({ folder, trials }) => {
    const count =
      trials.length === 0 ? 'no trial has begun' : `${trials.length} ${trials.length === 1 ? 'trial' : 'trials'}`;
    return `sweep ${folder}: ${count}\n${runsText(trials)}`;
  });
  return [...(runs.length > 0 ? [runsText(runs)] : []), ...parts].join('\n');
}

/** The runs in some folders but the newest `keep` of every spec. One that is being written counts as newest and stays. */
export function runsBut(folders: readonly string[], keep: number): string[] {
  const byPlace = new Map<string, string[]>();
  for (const run of new Set(folders.flatMap(findRuns))) {
    // What cannot be removed is not counted.
    if (path.basename(path.dirname(path.dirname(path.resolve(run)))) !== 'runs') continue;
    const place = path.dirname(path.resolve(run));
    byPlace.set(place, [...(byPlace.get(place) ?? []), run]);
  }
  return [...byPlace.values()].flatMap((found) => {
    const idle = found.filter((run) => livingHolder(path.join(run, 'lock')) === undefined);
    return idle.slice(0, Math.max(0, idle.length - Math.max(0, keep - (found.length - idle.length))));
  });
}

export interface Removed {
  readonly folder: string;
  readonly bytes: number;
  /** The link `latest` beside it pointed to it: where it points now, null where it is gone. */
  readonly latest?: string | null;
}

/**
 * Removes runs. What is not the folder of a run inside of a folder called `runs`, as `dnc train` makes them, stays: all are checked before the first
 * goes. A link to a run stands for the run.
 *
 * @throws Failure no-run, run-elsewhere, run-locked, cannot-write
 */
export function removeRuns(
  folders: readonly string[],
  options: { readonly force?: boolean; readonly dryRun?: boolean } = {},
): Removed[] {
  const real = [...new Set(folders.map((given) => removable(given, options.force ?? false)))];
  return real.map((folder) => {
    const size = sizeOnDisk(folder);
    if (options.dryRun) return { folder, bytes: size };
    remove(folder);
    const latest = mendLatest(path.dirname(folder));
    return { folder, bytes: size, ...(latest !== undefined && { latest }) };
  });
}

/** The real folder of a run that may be removed. */
function removable(given: string, force: boolean): string {
  if (!existsSync(path.join(given, 'run.json'))) fail('no-run', { folder: given });
  const folder = realpathSync(given);
  if (path.basename(path.dirname(path.dirname(folder))) !== 'runs') fail('run-elsewhere', { folder: given });
  const holder = livingHolder(path.join(folder, 'lock'));
  if (holder !== undefined && !force)
    fail('run-locked', { folder: given, process: holder }, { help: ['--force removes it all the same'] });
  return folder;
}

/** The run goes at once, by another name, and then its files: nobody meets half a run. */
function remove(folder: string): void {
  const aside = path.join(path.dirname(folder), `.${path.basename(folder)}.${process.pid}.part`);
  try {
    renameSync(folder, aside);
    rmSync(aside, { recursive: true, force: true });
  } catch (error) {
    failToWrite(folder, error);
  }
}

/** Lets `latest` point to the newest run that is left, where it points to none. Gives where it points now, null where it is gone, undefined where nothing was done. */
function mendLatest(folder: string): string | null | undefined {
  const link = path.join(folder, 'latest');
  if (!statLink(link)?.isSymbolicLink() || existsSync(link)) return undefined;
  const newest = findRuns(folder)
    .filter((run) => path.dirname(run) === folder)
    .at(-1);
  if (newest === undefined) {
    rmSync(link, { force: true });
    return null;
  }
  new RunFolder(newest).markLatest();
  return newest;
}
