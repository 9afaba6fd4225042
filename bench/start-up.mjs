// How long `dnc` takes from the shell for what people call all the time.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { median } from './rounds.mjs';

/** Wall time of each command in seconds, from spawning node to its end: a median over interleaved rounds. Goals are in seconds, too. */
export function startUp(rounds) {
  const folder = path.resolve('.cache/bench/start-up');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const spec = path.join(folder, 'lenet-300-100.dn');
  const other = path.join(folder, 'narrower.dn');
  copyFileSync('specs/lenet-300-100.dn', spec);
  writeFileSync(other, readFileSync(spec, 'utf8').replace('Dense(300,', 'Dense(120,'));
  const commands = [
    { name: 'check', args: ['check', spec], goal: 0.25 },
    { name: 'fmt', args: ['fmt', spec], goal: 0.25 },
    { name: 'diff', args: ['diff', spec, other], goal: 0.25 },
    { name: 'compile', args: ['compile', spec], goal: 0.5 },
  ].map((one) => ({ ...one, times: [] }));
  // One more, which warms the disk's cache and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const { name, args, times } of commands) {
      const start = performance.now();
      const { status, stderr } = spawnSync(process.execPath, ['dist/cli.js', ...args], {
        encoding: 'utf8',
        env: { ...process.env, NO_COLOR: '1' },
      });
      if (status !== 0) throw new Error(`dnc ${name} ended with ${status}\n${stderr}`);
      if (round > 0) times.push((performance.now() - start) / 1000);
    }
  }
  return commands.map(({ name, goal, times }) => ({
    name,
    goal,
    median: median(times),
    low: Math.min(...times),
    high: Math.max(...times),
    times,
  }));
}
