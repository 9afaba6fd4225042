import { statSync } from 'node:fs';
import { fail } from '../diagnostics/report.js';

/** How a command talks to the world: results to stdout, everything else to stderr. */
export interface Io {
  /** Results, and nothing else. */
  out(text: string): void;
  /** Messages, progress, diagnostics. */
  note(text: string): void;
  /** Replaces the line that progress is shown on; on anything but a terminal nothing happens. */
  status(text: string): void;
  /** Whether stderr is a terminal, so that progress may move. */
  readonly terminal: boolean;
  /** Whether colours may be used on stderr. */
  readonly colour: boolean;
  /** Whether colours may be used on stdout. */
  readonly outColour: boolean;
}

export interface CommandOption {
  /** As commander writes them: `--seed <number>`. */
  readonly flags: string;
  readonly description: string;
  /** May be given several times. */
  readonly many?: boolean;
}

/** One command: one file, one registry line. Heavy modules are imported inside `run`, so that `dnc check` stays fast. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** As commander writes them: `[spec]`, `<a> <b>`. */
  readonly parameters: string;
  readonly options: readonly CommandOption[];
  readonly examples: readonly string[];
  /** Returns the exit code. Errors for people are thrown as `Failure`. */
  run(input: {
    readonly parameters: readonly (string | undefined)[];
    readonly options: Options;
    readonly io: Io;
  }): Promise<number>;
}

/** Option values by their long name in camel case. */
export type Options = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Options that many commands share. */
export const sharedOptions = {
  set: {
    flags: '--set <address=value>',
    description: 'change a value of the spec: width=500, train.batch_size=64',
    many: true,
  },
  json: { flags: '--json', description: 'machine-readable output' },
  dataDir: { flags: '--data-dir <folder>', description: 'the folder that holds mnist/ and other data sets' },
  acceptChangedData: {
    flags: '--accept-changed-data',
    description: 'use data files that are not those of the run any more',
  },
  engine: {
    flags: '--engine <name>',
    description: "auto, or one that `dnc engines` lists (default: the spec's, else that of your settings, else auto)",
  },
  threads: { flags: '--threads <number>', description: 'threads of the engine (default: all cores)' },
} as const satisfies Record<string, CommandOption>;

/** A whole number option; undefined where it was not given. Throws a usage error for anything else. */
export function wholeNumber(options: Options, name: string, least: number): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (typeof text !== 'string' || !Number.isSafeInteger(value) || value < least) {
    throw new UsageError(
      `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} takes a whole number from ${least} up, not ${String(text)}`,
    );
  }
  return value;
}

/** How many threads an engine is to have, where that is said. */
export function threadsOption(options: Options): { readonly threads?: number } {
  const threads = wholeNumber(options, 'threads', 1);
  return threads === undefined ? {} : { threads };
}

/**
 * The folder of `--data-dir`; undefined where it was not given. One that is not there is an error also for a spec that needs nothing of it.
 *
 * @throws Failure file-missing, file-unreadable
 */
export function dataFolderOption(options: Options): string | undefined {
  const file = textOption(options, 'dataDir');
  if (file === undefined) return undefined;
  const entry = statSync(file, { throwIfNoEntry: false });
  if (!entry) fail('file-missing', { file, role: 'the folder of --data-dir' });
  if (!entry.isDirectory()) fail('file-unreadable', { file, reason: '--data-dir takes a folder, and it is none' });
  return file;
}

/** A call of dnc that cannot be understood: exit code 2. */
export class UsageError extends Error {}

/** What `--resume` goes on with was decided at the beginning: `given` holds by its name what may not be said again, undefined where it was not. */
export function refuseFixed(resumed: 'run' | 'sweep', given: Readonly<Record<string, unknown>>): void {
  for (const [word, value] of Object.entries(given))
    if (value !== undefined)
      throw new UsageError(`--resume goes on with what the ${resumed} began with, so ${word} cannot be given`);
}

export function listOption(options: Options, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}

export function textOption(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}
