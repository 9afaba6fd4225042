import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The built command line. `DNC_DIST` names another build than `dist/`. */
export const cli = path.join(
  process.env.DNC_DIST ? path.resolve(process.env.DNC_DIST) : path.join(root, 'dist'),
  'cli.js',
);
if (!existsSync(cli)) throw new Error(`${cli} does not exist: run npm run build first`);

export interface Ended {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DncOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of node itself, before dnc's. */
  readonly node?: readonly string[];
  /** Another build than the repository's. */
  readonly cli?: string;
  /** What is written to stdin; absent: it is closed at once. */
  readonly input?: string;
  /** Milliseconds after which the process counts as hanging; it is killed, and `signal` is SIGKILL. */
  readonly limit?: number;
  readonly user?: number;
}

/** A process of dnc that is running, and what it will end with. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves once stderr holds the text; rejects where the process ends without it. */
  said(text: string): Promise<void>;
}

/** Starts `dnc` with these words as a user would, without a terminal, without colours asked for, and without the data and the settings of this machine. */
export function start(words: readonly string[], options: DncOptions = {}): Running {
  const { FORCE_COLOR: _, NO_COLOR: __, DNC_DATA: ___, NODE_OPTIONS: ____, ...inherited } = process.env;
  const child = spawn(process.execPath, [...(options.node ?? []), options.cli ?? cli, ...words], {
    cwd: options.cwd,
    env: {
      ...inherited,
      XDG_DATA_HOME: path.join(tmpdir(), 'dnc-test-has-no-data'),
      DNC_CONFIG: path.join(tmpdir(), 'dnc-test-has-no-settings'),
      ...options.env,
    },
    stdio: 'pipe',
    ...(options.user !== undefined && { uid: options.user, gid: options.user }),
  });
  let stdout = '';
  let stderr = '';
  const waiting: { text: string; done: () => void; failed: (error: Error) => void }[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const one of waiting) if (stderr.includes(one.text)) one.done();
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  const limit = setTimeout(() => child.kill('SIGKILL'), options.limit ?? 50_000);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      for (const { text, failed } of waiting)
        failed(new Error(`dnc ended without saying ${text}:\n${stderr.slice(-2000)}`));
      resolve({ code, signal, stdout, stderr });
    });
  });
  return {
    child,
    ended,
    said: (text) =>
      stderr.includes(text)
        ? Promise.resolve()
        : new Promise((done, failed) => {
            waiting.push({ text, done, failed });
          }),
  };
}

/** Runs `dnc` to its end. */
export function dnc(words: readonly string[], options: DncOptions = {}): Promise<Ended> {
  return start(words, options).ended;
}

/** Runs `dnc`, which must end with exit code 0. */
export async function succeed(words: readonly string[], options: DncOptions = {}): Promise<Ended> {
  const ended = await dnc(words, options);
  if (ended.code !== 0)
    throw new Error(
      `dnc ${words.join(' ')} ended with ${ended.signal ?? ended.code}:\n${ended.stderr}\n${ended.stdout}`,
    );
  return ended;
}
