// Long-lived processes, one a contestant, that take turns: what disturbs the machine disturbs them all.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A contestant's process: `ask` writes a line and resolves to the answer's JSON. */
class Child {
  constructor(name, command, args, env) {
    this.name = name;
    this.waiting = [];
    this.errors = '';
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
    this.child.stderr.on('data', (data) => {
      this.errors = (this.errors + data).slice(-4000);
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) this.waiting.shift()?.resolve(JSON.parse(line));
    });
    this.child.on('exit', (code) => {
      for (const { reject } of this.waiting) reject(new Error(`${name} ended with ${code}\n${this.errors}`));
      this.waiting = [];
    });
  }

  answer() {
    return new Promise((resolve, reject) => {
      if (this.child.exitCode === null) this.waiting.push({ resolve, reject });
      else reject(new Error(`${this.name} ended with ${this.child.exitCode}\n${this.errors}`));
    });
  }

  ask(line) {
    const answered = this.answer();
    this.child.stdin.write(`${line}\n`);
    return answered;
  }
}

/**
 * Starts every contestant, warms it, and lets all of them run `rounds` rounds; the one that begins a round is another each time.
 * `command(contestant)` gives { command, args, env }.
 */
export async function measure(contestants, { rounds, command, log }) {
  const live = [];
  const absent = [];
  try {
    for (const contestant of contestants) {
      const { command: program, args, env } = command(contestant);
      const child = new Child(contestant.name, program, args, env);
      log(`${contestant.name} warms up …`);
      const ready = await child.answer();
      if (ready.ready) live.push({ contestant, child, ready, times: [], losses: [ready.loss] });
      else absent.push({ name: contestant.name, because: ready.because });
    }
    for (let round = 0; round < rounds; round++) {
      log(`round ${round + 1} of ${rounds}`);
      for (let k = 0; k < live.length; k++) {
        const one = live[(round + k) % live.length];
        const { ms, loss } = await one.child.ask(JSON.stringify({ steps: one.contestant.steps }));
        one.times.push(ms / one.contestant.steps);
        one.losses.push(loss);
        // Threads that wait for more work stop asking for it.
        await pause(50);
      }
    }
    for (const one of live) one.peakBytes = (await one.child.ask('quit')).peakBytes;
  } finally {
    for (const { child } of live) child.child.kill();
  }
  return {
    absent,
    measured: live.map(({ contestant, ready, times, losses, peakBytes }) => ({
      name: contestant.name,
      program: contestant.program,
      steps: contestant.steps,
      describe: ready.describe,
      versions: ready.versions,
      machine: ready.machine,
      compileMs: ready.compileMs,
      loadMs: ready.loadMs,
      median: median(times),
      low: Math.min(...times),
      high: Math.max(...times),
      times,
      firstLoss: losses[0],
      lastLoss: losses.at(-1),
      peakBytes,
    })),
  };
}
