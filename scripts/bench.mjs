// npm run bench: dnc's own times. npm run bench -- --peers: PyTorch and Keras beside them in the same run, and docs/performance.md is written.
// --live: what live shrinking brings, too (with --peers always). --rounds N: other than 11. --force: write the page although the machine is busy. --only TEXT: contestants whose name has it; writes no page.
// --shrink: only what liveness and shrinking cost, by layers and parameters (with --peers always).
// --methods: only what the sparsity methods cost, as the time of a step with each of them and without; --steps N in a round, other than 40.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { ourConvolutions, ours, peerConvolutions, peers } from '../bench/contestants.mjs';
import { liveShrinking } from '../bench/live.mjs';
import { page } from '../bench/page.mjs';
import { measure } from '../bench/rounds.mjs';
import { startUp } from '../bench/start-up.mjs';
import { bundled } from './bundled.mjs';
import { python, pythonEnvironment } from './python.mjs';

const { values: flags } = parseArgs({
  options: {
    peers: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
    live: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '11' },
    only: { type: 'string' },
    shrink: { type: 'boolean', default: false },
    methods: { type: 'boolean', default: false },
    steps: { type: 'string', default: '40' },
  },
});
if (flags.shrink) process.exit((await shrinking([], 'inherit')).status ?? 1);
const rounds = Number(flags.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${flags.rounds}: a whole number from 1`);
if (flags.methods) {
  const steps = Number(flags.steps);
  if (!Number.isInteger(steps) || steps < 1) throw new Error(`--steps ${flags.steps}: a whole number from 1`);
  const script = await bundled('bench/methods.ts');
  const { status } = spawnSync(process.execPath, [script, String(rounds), String(steps)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}

/** Above it, other work takes the time that is measured. */
const BUSY = 1;
/** Fewer rounds are a look, no measurement. */
const ENOUGH_ROUNDS = 9;
/** Whole trainings, of half a minute each. */
const LIVE_ROUNDS = 5;

const load = os.loadavg()[0];
if (load > BUSY) {
  const what = flags.force ? 'the page will say so' : 'docs/performance.md will not be written (--force writes it)';
  console.error(`load average ${load.toFixed(2)}: the machine is busy with other work; ${what}`);
}

mkdirSync('.cache/bench', { recursive: true });
const pool = writePool();
const script = await bundled('bench/contestant.ts');
const race = (contestants) =>
  measure(
    contestants.filter(({ name }) => !flags.only || name.includes(flags.only)),
    {
      rounds,
      log: (line) => console.error(line),
      command: ({ program, environment, env, script: peerScript, request }) =>
        program === 'dnc'
          ? { command: process.execPath, args: [script, JSON.stringify(request), ...pool], env: process.env }
          : {
              command: python(environment),
              args: [peerScript, JSON.stringify(request), ...pool],
              env: { ...pythonEnvironment, ...env },
            },
    },
  );
const steps = await race([...ours, ...(flags.peers ? peers : [])]);
const convolutions = await race([...ourConvolutions, ...(flags.peers ? peerConvolutions : [])]);
for (const one of [...steps.measured, ...convolutions.measured]) {
  if (one.steps >= 40 && !(one.lastLoss < one.firstLoss))
    throw new Error(`${one.name} does not learn: loss ${one.firstLoss}, then ${one.lastLoss}`);
}
const result = {
  command: `npm run bench${flags.peers ? ' -- --peers' : ''}`,
  date: new Date().toISOString().slice(0, 10),
  machine: describeMachine(steps.measured),
  load,
  rounds,
  steps,
  convolutions,
  live: flags.live || flags.peers ? await liveShrinking(LIVE_ROUNDS, (line) => console.error(line)) : undefined,
  shrink: flags.peers ? JSON.parse((await shrinking(['--json'], 'pipe')).stdout) : undefined,
  startUp: startUp(Math.max(ENOUGH_ROUNDS, rounds)),
};
writeFileSync('.cache/bench/result.json', JSON.stringify(result, undefined, 2));
const text = page(result);
console.log(text);
const complete = flags.peers && !flags.only && rounds >= ENOUGH_ROUNDS;
if (!complete)
  console.error('.cache/bench/result.json is written; docs/performance.md takes --peers and 9 rounds or more');
else if (load > BUSY && !flags.force) {
  console.error('docs/performance.md is left as it is: the machine was busy (--force writes it)');
  process.exit(1);
} else {
  mkdirSync('docs', { recursive: true });
  writeFileSync('docs/performance.md', text);
  console.error('docs/performance.md is written');
}

/** Liveness and shrinking over layers, up to more parameters than a spec may have. */
async function shrinking(words, stdout) {
  const script = await bundled('bench/shrink.ts');
  const env = { ...process.env, DNC_MAX_PARAMETERS: '1000000000' };
  return spawnSync(process.execPath, [script, ...words], {
    env,
    stdio: ['ignore', stdout, 'inherit'],
    encoding: 'utf8',
  });
}

/** Rows that all contestants read, the same in every run: [pixels as float32, classes as bytes]. */
function writePool() {
  const files = ['.cache/bench/pool.f32', '.cache/bench/pool.u8'];
  if (files.every((file) => existsSync(file))) return files;
  const [rows, width, classes] = [12_800, 784, 10];
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const directions = Float64Array.from({ length: classes * width }, () => random() - 0.5);
  const pixels = Float32Array.from({ length: rows * width }, random);
  const labels = Uint8Array.from({ length: rows }, (_, row) => {
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      let score = 0;
      for (let at = 0; at < width; at++) score += directions[k * width + at] * (pixels[row * width + at] - 0.5);
      if (score > most) [best, most] = [k, score];
    }
    return best;
  });
  writeFileSync(files[0], new Uint8Array(pixels.buffer));
  writeFileSync(files[1], labels);
  return files;
}

/** In general words: what a reader needs to judge the numbers, and nothing about whose machine it is. */
function describeMachine(measured) {
  const extensions = measured.find((one) => one.machine)?.machine ?? `${process.platform} ${process.arch}`;
  return `${os.availableParallelism()} cores (${extensions}), ${Math.round(os.totalmem() / 2 ** 30)} GiB of memory`;
}
