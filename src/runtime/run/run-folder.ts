import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import type { DataFile } from '../../data/files.js';
import { type Failure, fail } from '../../diagnostics/report.js';
import { endingOf } from '../../dsl/syntax.js';
import type { EngineRecord } from '../engines/engine.js';
import { failToWrite, makeFolder, removeHalfWritten, writeAtomically } from '../../files.js';
import { releaseLock, takeLock } from './lock.js';
import type { StepRecord } from './step-records.js';

/** What a run must know to go on: everything that may change numbers, and where its inputs are. */
export interface RunRecord {
  readonly format: 1;
  readonly dnc: string;
  /** The spec's file name without its ending. */
  readonly name: string;
  /** Folder that relative paths of the spec are relative to. */
  readonly specFolder: string;
  readonly specFile: string;
  readonly sets: readonly string[];
  readonly dataFolder?: string;
  readonly fromScratch: boolean;
  /** What the engine says of itself, whatever it is to run. */
  readonly engine: EngineRecord;
  /** `true` where somebody asked for so many threads: a run that goes on has no more of them than at its beginning. It changes no number. */
  readonly threadsAsked?: boolean;
  /** What it said of the step programs that it has run. Runs of earlier versions do not have it. */
  readonly steps?: readonly StepRecord[];
  /** Whether the update region ran as a WebAssembly pass where the engine can. */
  readonly updatePass: boolean;
  /** Every data file as it was read: the data lock. Runs of earlier versions know the hashes alone. */
  readonly data: readonly (Pick<DataFile, 'name' | 'sha256'> & Partial<DataFile>)[];
  /** How many rows, or windows of them, each part has, and how many rows are in none because `train` of the data section leaves them out. Runs of earlier versions do not have it. */
  readonly rows?: RowsRecord;
}

export type RowsRecord = Readonly<{ train: number } & Partial<Record<'validation' | 'test' | 'unused', number>>>;

const FAILURE = 'failure.json';

/** The folder of one run. */
export class RunFolder {
  private locked = false;

  constructor(readonly path: string) {}

  file(...parts: string[]): string {
    return path.join(this.path, ...parts);
  }

  /**
   * Makes the folder and locks it.
   *
   * @throws Failure run-exists where it holds a run already, also one that ended in the meantime; folder-in-use where it holds anything else than `expected` and what a run writes before its record
   */
  create(expected: readonly string[] = []): void {
    this.refuseRun();
    makeFolder(this.path);
    this.refuseOther(expected);
    makeFolder(this.file('checkpoints'));
    this.lock();
    try {
      this.refuseRun();
    } catch (error) {
      this.unlock();
      throw error;
    }
  }

  private refuseRun(): void {
    if (!existsSync(this.file('run.json'))) return;
    fail(
      'run-exists',
      { folder: this.path },
      { help: [`go on with it: dnc train --resume ${this.path}`, 'or give another folder: --out'] },
    );
  }

  /** A run among other files would be taken for theirs, and they for its: of what it writes nothing may be there but what one left that did not come to its record. */
  private refuseOther(expected: readonly string[]): void {
    const own = ['checkpoints', 'lock', 'spec.resolved.dn', ...expected];
    const other = readdirSync(this.path).find(
      (name) => !own.includes(name) && !name.startsWith('.') && !name.startsWith('lock'),
    );
    if (other === undefined) return;
    fail(
      'folder-in-use',
      { folder: this.path, found: other },
      {
        help: [
          `give another folder: --out ${path.join(this.path, 'run')}`,
          'without --out the run makes a folder of its own',
        ],
      },
    );
  }

  /**
   * Keeps a second process out while this one writes. A lock whose process is gone is taken over, and what that one left half-written goes.
   *
   * @throws Failure run-locked, cannot-write
   */
  lock(): void {
    const refused = takeLock(this.file('lock'));
    if (refused !== undefined) fail('run-locked', { folder: this.path, process: refused });
    this.locked = true;
    removeHalfWritten(this.path);
    removeHalfWritten(this.file('checkpoints'));
  }

  unlock(): void {
    // A lock that cannot be removed is stale as soon as this process ends; the error that is on its way, if any, matters more.
    try {
      if (this.locked) releaseLock(this.file('lock'));
    } catch {}
    this.locked = false;
  }

  writeRecord(record: RunRecord): void {
    writeAtomically(this.file('run.json'), `${JSON.stringify(record, undefined, 2)}\n`);
  }

  /** The text of the spec as it was when the run began, in its own syntax. */
  specText({ name, specFile }: Pick<RunRecord, 'name' | 'specFile'>): string {
    return this.file(name + endingOf(specFile));
  }

  /** What the run makes of it. */
  simplifiedText({ name, specFile }: Pick<RunRecord, 'name' | 'specFile'>): string {
    return this.file(`${name}.min${endingOf(specFile)}`);
  }

  readRecord(): RunRecord {
    const file = this.file('run.json');
    if (!existsSync(file)) fail('no-run', { folder: this.path });
    let record: unknown;
    try {
      record = JSON.parse(readFileSync(file, 'utf8'));
    } catch {
      return fail('run-damaged', { file });
    }
    return isRunRecord(record) ? record : fail('run-damaged', { file });
  }

  /** Why the run ended before its end, for those who look at the folder later. That it cannot be written is not the error to show. */
  rememberFailure({ diagnostics }: Failure): void {
    const errors = diagnostics.map(({ code, message, help }) => ({ code, message, help }));
    try {
      writeAtomically(this.file(FAILURE), `${JSON.stringify({ format: 1, errors }, undefined, 2)}\n`);
    } catch {}
  }

  /** Before the run goes on. */
  forgetFailure(): void {
    try {
      rmSync(this.file(FAILURE), { force: true });
    } catch {}
  }

  /** What `rememberFailure` left, in words; undefined where the run did not fail. */
  readFailure(): string | undefined {
    return this.failure()
      ?.map(({ message }) => message)
      .join('; ');
  }

  /** What its messages say of what to do. Empty where there is nothing. */
  readFailureHelp(): readonly string[] {
    return this.failure()?.flatMap(({ help }) => help ?? []) ?? [];
  }

  private failure(): readonly { readonly message: string; readonly help?: readonly string[] }[] | undefined {
    try {
      const { errors } = JSON.parse(readFileSync(this.file(FAILURE), 'utf8')) as {
        errors: { message: string; help?: readonly string[] }[];
      };
      return errors.map(({ message, help }) => ({ message, ...(Array.isArray(help) && { help }) }));
    } catch {
      return undefined;
    }
  }

  /**
   * Lets `latest`, beside the run, point to it, in the place of an earlier such link; anything else of that name stays. A file system without links
   * has none, and nothing depends on it.
   */
  markLatest(): void {
    const link = path.join(path.dirname(this.path), 'latest');
    try {
      if (lstatSync(link).isSymbolicLink()) unlinkSync(link);
    } catch {}
    try {
      // Windows lets everybody make junctions, which name their target whole, and links few.
      if (process.platform === 'win32') symlinkSync(path.resolve(this.path), link, 'junction');
      else symlinkSync(path.basename(this.path), link, 'dir');
    } catch {}
  }
}

/** Whether what run.json holds has everything that is read from it. */
function isRunRecord(value: unknown): value is RunRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Readonly<Record<string, unknown>>;
  const engine = record.engine as Readonly<Record<string, unknown>> | undefined;
  const isText = (one: unknown) => typeof one === 'string';
  const isFile = (one: unknown) =>
    typeof one === 'object' &&
    one !== null &&
    'name' in one &&
    isText(one.name) &&
    'sha256' in one &&
    isText(one.sha256) &&
    ['bytes', 'rows'].every((key) => !(key in one) || Number.isSafeInteger((one as Record<string, unknown>)[key]));
  const isRows = (rows: unknown) =>
    typeof rows === 'object' &&
    rows !== null &&
    'train' in rows &&
    Object.values(rows).every((count) => Number.isSafeInteger(count));
  const isStep = (one: unknown) => {
    const step = one as Readonly<Record<string, unknown>> | null;
    return typeof step === 'object' && step !== null && [step.phase, step.program, step.features].every(isText);
  };
  return (
    record.format === 1 &&
    [record.dnc, record.name, record.specFolder, record.specFile].every(isText) &&
    Array.isArray(record.sets) &&
    record.sets.every(isText) &&
    (record.dataFolder === undefined || isText(record.dataFolder)) &&
    typeof record.fromScratch === 'boolean' &&
    typeof record.updatePass === 'boolean' &&
    typeof engine === 'object' &&
    engine !== null &&
    [engine.engine, engine.version, engine.features].every(isText) &&
    Number.isSafeInteger(engine.threads) &&
    (record.threadsAsked === undefined || typeof record.threadsAsked === 'boolean') &&
    (record.rows === undefined || isRows(record.rows)) &&
    (record.steps === undefined || (Array.isArray(record.steps) && record.steps.every(isStep))) &&
    Array.isArray(record.data) &&
    record.data.every(isFile)
  );
}

/** Makes `runs/<name>/<time>-<hash>` beside the spec; a run of the same second gets a number behind it, also one that begins at once with it. */
export function makeRunFolder(specFile: string, hash: string, now: Date): string {
  const name = path.basename(specFile, path.extname(specFile));
  const time = now.toISOString().replace(/[-:]/g, '').replace(/\..*/, '').replace('T', '-');
  const folder = path.join(path.dirname(specFile), 'runs', name, `${time}-${hash.slice(0, 8)}`);
  makeFolder(path.dirname(folder));
  for (let k = 1; ; k++) {
    const free = k === 1 ? folder : `${folder}-${k}`;
    try {
      mkdirSync(free);
      return free;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') failToWrite(free, error);
    }
  }
}
