// What live shrinking brings: whole trainings with and without it, turn by turn, each in a process of its own.
import { spawnSync } from 'node:child_process';
import { bundled } from '../scripts/bundled.mjs';
import { median } from './rounds.mjs';

export const EPOCHS = 40;
const ways = [
  { name: 'at the end only', live: '' },
  { name: 'on the way', live: 'every: 1; after: 1; patience: 2' },
];

/** Seconds of training (loading data, and simplifying at the end, not counted), and what came out; medians of `rounds` rounds. */
export async function liveShrinking(rounds, log) {
  const script = await bundled('bench/live.ts');
  const measured = ways.map((way) => ({ ...way, times: [] }));
  for (let round = 0; round < rounds; round++) {
    log(`live shrinking, round ${round + 1} of ${rounds}`);
    for (const way of round % 2 === 0 ? measured : [...measured].reverse()) {
      const request = JSON.stringify({ live: way.live, epochs: EPOCHS, threads: 2 });
      const { stdout, stderr, status } = spawnSync(process.execPath, [script, request], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`live shrinking, ${way.name}: ${stderr}`);
      const { seconds, ...came } = JSON.parse(stdout);
      way.times.push(seconds);
      Object.assign(way, came);
    }
  }
  return measured.map((way) => ({
    ...way,
    median: median(way.times),
    low: Math.min(...way.times),
    high: Math.max(...way.times),
  }));
}
