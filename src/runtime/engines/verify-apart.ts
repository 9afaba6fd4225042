import { execFile } from 'node:child_process';
import { commandLine } from './command-line.js';
import type { Engine } from './engine.js';

/** How long an engine may take to start and to make a small step: libraries of a gigabyte are read, and kernels compiled for the card. */
const PATIENCE_MS = 60_000;

/**
 * `verifyEngine` in a process of its own, by `dnc engines verify`, and in bounded time: a library that does not fit its driver may end the process that loads it, or wait for ever.
 *
 * @param script dnc's command line. Absent: that of this process; where it has none, as a program has that uses dnc as a library, nothing is tried
 * @throws Error with one line that says why the engine is not to be taken
 */
export async function verifyApart(
  { keyword }: Pick<Engine, 'keyword'>,
  { threads }: { readonly threads: number },
  { script = commandLine(), patience = PATIENCE_MS }: { readonly script?: string; readonly patience?: number } = {},
): Promise<void> {
  if (script === undefined)
    throw new Error(
      `${keyword} is left out, since only dnc's command line tries it before it takes it: name it to take it`,
    );
  const args = [script, 'engines', 'verify', keyword, '--threads', String(threads)];
  const options = {
    timeout: patience,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
    windowsHide: true,
    // Libraries may say much about themselves.
    maxBuffer: 2 ** 26,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
  } as const;
  const because = await new Promise<string | undefined>((resolve) => {
    execFile(process.execPath, args, options, (error, _stdout, stderr) => {
      if (!error) resolve(undefined);
      else if (error.killed) resolve(`${keyword} made no small step within ${patience / 1000} seconds`);
      else if (error.signal) resolve(`${keyword} ended the process that tried it (${error.signal})`);
      else
        resolve(
          /^error(?:\[[\w-]+\])?: (.*)$/m.exec(stderr)?.[1] ?? `${keyword} makes no small step: ${error.message}`,
        );
    });
  });
  if (because !== undefined) throw new Error(because);
}
