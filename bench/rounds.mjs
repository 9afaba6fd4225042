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
 * Starts every contestant, warms it, and lets all of them run `rounds` rounds; the one that begins a round is another each time. Peers that cannot do it are absent, with
 * what they said. `command(contestant)` gives { command, args, env }.
 */
export async function measure(contestants, { rounds, command, log }) {
  const live = [];
  const absent = [];
  try {
    for (const contestant of contestants) {
      const { command: program, args, env } = command(contestant);
      const child = new Child(contestant.name, program, args, env);
      const began = performance.now();
      try {
        const ready = await child.answer();
        log(`${contestant.name} is warm after ${((performance.now() - began) / 1000).toFixed(1)} s`);
        if (ready.ready) live.push({ contestant, child, ready, times: [], losses: [ready.loss] });
        else absent.push({ name: contestant.name, because: ready.because });
      } catch (error) {
        if (contestant.program === 'dnc') throw error;
        log(error.message);
        absent.push({ name: contestant.name, because: lastLine(error.message) });
      }
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
    for (const one of live) {
      if (one.contestant.profile)
        one.profile = (await one.child.ask(JSON.stringify({ steps: one.contestant.steps, profile: true }))).profile;
      one.peakBytes = (await one.child.ask('quit')).peakBytes;
    }
  } finally {
    for (const { child } of live) child.child.kill();
  }
  return {
    absent,
    measured: live.map(({ contestant, ready, times, losses, peakBytes, profile }) => ({
      name: contestant.name,
      program: contestant.program,
      steps: contestant.steps,
      describe: ready.describe,
      versions: ready.versions,
      machine: ready.machine,
      flops: ready.flops,
      compileMs: ready.compileMs,
      loadMs: ready.loadMs,
      ...spread(times),
      firstLoss: losses[0],
      lastLoss: losses.at(-1),
      peakBytes,
      profile,
    })),
  };
}

/** Median, least and largest of what the rounds took, and all of it. */
export function spread(times) {
  return { median: median(times), low: Math.min(...times), high: Math.max(...times), times };
}

/** What an error says at its end, in one line that is not too long. */
export function lastLine(text) {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const said = lines.findLast((line) => /^\w*(Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  return said.length > 200 ? `${said.slice(0, 199)}…` : said;
}
