// `dnc` as it is called from the shell.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const cli = path.resolve('dist/cli.js');

/** Seconds from spawning node to the end of `dnc` with these words. What it prints goes nowhere: a schema is a megabyte, and `predict` writes every row. */
export function secondsOf(words, cwd = process.cwd()) {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [cli, ...words], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  if (status !== 0) throw new Error(`dnc ${words.join(' ')} ended with ${status}\n${stderr}`);
  return (performance.now() - start) / 1000;
}
