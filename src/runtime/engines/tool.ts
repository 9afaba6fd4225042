import { spawn } from 'node:child_process';

export interface ToolOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** Ends the tool, and counts as its failure. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a program of the user's, npm or a compiler, to its end.
 *
 * @param log gets its lines, those of stdout and stderr alike
 * @returns why it failed, most often its last line; undefined where it ended well
 */
export function runTool(
  command: string,
  args: readonly string[],
  log: (line: string) => void,
  { environment = process.env, signal }: ToolOptions = {},
): Promise<string | undefined> {
  return new Promise((resolve) => {
    // npm is a batch file on Windows, which only a shell can start; an argument with a space needs quotes then.
    const shell = process.platform === 'win32';
    const quoted = shell ? args.map((one) => (one.includes(' ') ? `"${one}"` : one)) : args;
    const child = spawn(command, quoted, {
      stdio: ['ignore', 'pipe', 'pipe'],
      shell,
      env: environment,
      ...(signal && { signal }),
    });
    let last: string | undefined;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
          last = line;
          log(line);
        }
      });
    }
    child.on('error', (error) => resolve(error.message));
    child.on('close', (status, ended) => resolve(status === 0 ? undefined : (last ?? endOf(command, status, ended))));
  });
}

function endOf(command: string, status: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `${command} ended with exit code ${status}` : `${command} was ended by ${signal}`;
}
