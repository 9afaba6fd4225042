// The machine's peak: products of large matrices, by the faster of the libraries that are measured.
import { spawnSync } from 'node:child_process';
import { bundled } from '../scripts/bundled.mjs';
import { python, pythonEnvironment } from '../scripts/python.mjs';

/** GFLOP/s of float32 with 2 threads. */
export async function measurePeak({ peers }) {
  const request = JSON.stringify({ threads: 2, rounds: 5 });
  const ways = [[process.execPath, [await bundled('bench/peak.ts'), request], process.env]];
  if (peers) ways.push([python('torch'), ['bench/peers/peak.py', request], pythonEnvironment]);
  const found = ways.map(([command, args, env]) => {
    const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8', env });
    if (status !== 0) throw new Error(`the machine's peak: ${stderr}`);
    return JSON.parse(stdout).gigaflops;
  });
  return Math.max(...found);
}
