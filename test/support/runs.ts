import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { Source } from '../../src/diagnostics/source.js';
import { isFinished } from '../../src/runtime/simplify/result.js';
import { type RunOptions, resumeRun, type StartOptions, startRun } from '../../src/runtime/run/run.js';
import type { HistoryRow } from '../../src/runtime/training/progress.js';
import { writeSpec } from './specs.js';

/** Lets training stop after `steps` steps, and what follows it before its part `candidates`, such as a candidate of a search for a threshold, as a signal would. */
export function options(
  steps: number,
  notes: string[] = [],
  candidates: number = Number.POSITIVE_INFINITY,
): RunOptions {
  const left = { steps, candidates };
  let doing: keyof typeof left = 'steps';
  return {
    engine: 'auto',
    engineOptions: { threads: 1 },
    checkpointSeconds: 1000,
    watcher: {
      note: (text) => {
        doing = /^(threshold|target|latency|teacher): |^@/.test(text) ? 'candidates' : 'steps';
        notes.push(text);
      },
    },
    stopping: {
      get signal() {
        left[doing] -= 1;
        return left[doing] <= 0 ? ('SIGTERM' as const) : undefined;
      },
      set signal(_) {},
    },
  };
}

/** What a run of a text begins with: the text lies in `folder` as `net.dn`. */
export function begin(folder: string, text: string, out: string): Omit<StartOptions, keyof RunOptions> {
  const specFile = writeSpec(folder, text);
  return { specFile, source: new Source(specFile, text), sets: [], dataFolder: undefined, fromScratch: false, out };
}

/** A run from its beginning, stopped and resumed after every `stride` steps. Gives its folder and how often it was stopped. */
export async function run(
  folder: string,
  name: string,
  text: string,
  stride: number,
  engineOptions: RunOptions['engineOptions'] = { threads: 1 },
): Promise<{ out: string; stops: number }> {
  const out = path.join(folder, 'runs', name);
  let end = await startRun({ ...options(stride), engineOptions, ...begin(folder, text, out) });
  let stops = 0;
  for (; !end.result; stops++) {
    expect(end.stopped).toBe('SIGTERM');
    expect(isFinished(out)).toBe(false);
    end = await resumeRun(out, { ...options(stride), engineOptions });
  }
  expect(isFinished(out)).toBe(true);
  return { out, stops };
}

/** What a run's epochs were like. */
export function historyOf(out: string): HistoryRow[] {
  return readFileSync(path.join(out, 'history.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Everything of a run that may hold no trace of when it was stopped. */
export function trace(out: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(out)
      .filter((name) => name !== 'checkpoints' && name !== 'timing.jsonl')
      .sort()
      .map((name) => [name, readFileSync(path.join(out, name)).toString('base64')]),
  );
}
