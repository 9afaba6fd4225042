import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { findRuns, findSweeps, listText, removeRuns, runLine, runsBut, runsText } from '../../src/reports/runs.js';
import type { RunRecord } from '../../src/runtime/run/run-folder.js';
import { failureOf } from '../data/failure.js';
import { temporaryFolder } from '../support/folders.js';

const RECORD: RunRecord = {
  format: 1,
  dnc: '1.0.0',
  name: 'net',
  specFolder: '/specs',
  specFile: 'net.dn',
  sets: [],
  fromScratch: false,
  engine: { engine: 'onnxruntime', version: '1', threads: 1, features: '' },
  updatePass: true,
  data: [],
};

/** A folder as `dnc train` writes it, with what a test says of it. */
function makeRun(folder: string, files: Readonly<Record<string, string | object>> = {}): string {
  mkdirSync(path.join(folder, 'checkpoints'), { recursive: true });
  for (const [name, content] of Object.entries({ 'run.json': RECORD, ...files }))
    writeFileSync(path.join(folder, name), typeof content === 'string' ? content : `${JSON.stringify(content)}\n`);
  return folder;
}

const times = ['20260101-000000-aaaaaaaa', '20260102-000000-bbbbbbbb', '20260103-000000-cccccccc'] as const;

/** Three runs of net and one of other, each with its `latest`. */
function place(): { root: string; runs: string[]; other: string } {
  const root = temporaryFolder();
  const runs = times.map((time) => makeRun(path.join(root, 'runs', 'net', time)));
  const other = makeRun(path.join(root, 'runs', 'other', '20260102-120000-dddddddd'));
  symlinkSync(times[2], path.join(root, 'runs', 'net', 'latest'));
  symlinkSync(path.basename(other), path.join(root, 'runs', 'other', 'latest'));
  return { root, runs, other };
}

const row = {
  phase: 'train',
  epoch: 4,
  step: 8,
  learning_rate: 1,
  objective: 2,
  loss: 1.5,
  penalties: {},
  metrics: { accuracy: 0.5 },
  alive: {},
};
const score = (accuracy: number) => ({ rows: 10, loss: 0.1, metrics: { accuracy }, score: accuracy });
const RESULT = {
  format: 1,
  threshold: { kind: 'unit', value: 0.1 },
  nonzero_weights: 9,
  weights_before: 100,
  weights_after: 25,
  finetuned: false,
  equivalent: true,
  scores: {
    validation: { trained: score(0.7), simplified: score(0.75) },
    test: { trained: score(0.8), simplified: score(0.85) },
  },
};

describe('finding runs', () => {
  test('a run begins when it began, also where a link leads to it', () => {
    const { runs } = place();
    const link = path.join(temporaryFolder(), 'latest');
    symlinkSync(path.resolve(runs[0]!), link);
    expect(runLine(link).started).toBe(runLine(runs[0]!).started);
  });

  test('in a folder of specs, in runs, in the runs of one spec, above a folder of specs; oldest first, links not followed', () => {
    const { root, runs, other } = place();
    const all = [runs[0]!, runs[1]!, other, runs[2]!];
    expect(findRuns(root)).toEqual(all);
    expect(findRuns(path.join(root, 'runs'))).toEqual(all);
    expect(findRuns(path.join(root, 'runs', 'net'))).toEqual(runs);
    expect(findRuns(runs[1]!)).toEqual([runs[1]]);
    expect(findRuns(path.dirname(root)).filter((run) => run.startsWith(root))).toEqual(all);
    expect(findRuns(path.join(root, 'nothing'))).toEqual([]);
  });

  test('sweeps with their trials, from every folder above them, which are no runs of their own there', () => {
    const { root, runs, other } = place();
    const sweep = path.join(root, 'sweeps', 'net', times[0]);
    const trials = ['1', '2'].map((number) => makeRun(path.join(sweep, 'trials', number)));
    mkdirSync(path.join(sweep, 'trials', '3'));
    writeFileSync(path.join(sweep, 'sweep.json'), '{}');
    symlinkSync(times[0], path.join(root, 'sweeps', 'net', 'latest'));
    const elsewhere = path.join(root, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(path.join(elsewhere, 'sweep.json'), '{}');
    const found = { folder: sweep, trials };
    expect(findSweeps(root)).toEqual([{ folder: elsewhere, trials: [] }, found]);
    for (const folder of ['sweeps', 'sweeps/net', `sweeps/net/${times[0]}`])
      expect(findSweeps(path.join(root, folder))).toEqual([found]);
    expect(findSweeps(path.dirname(root)).filter(({ folder }) => folder.startsWith(root))).toEqual([
      { folder: elsewhere, trials: [] },
      found,
    ]);
    expect(findRuns(root)).toEqual([runs[0]!, runs[1]!, other, runs[2]!]);
    expect(findSweeps(path.join(root, 'nothing'))).toEqual([]);
  });

  test('also one that was written by --out', () => {
    const root = temporaryFolder();
    const out = makeRun(path.join(root, 'elsewhere'));
    expect(findRuns(root)).toEqual([out]);
  });
});

describe('a line of the list', () => {
  const line = (files: Readonly<Record<string, string | object>>) =>
    runLine(makeRun(path.join(temporaryFolder(), 'runs', 'net', times[0]), files));

  test('of a finished run: test rows of the simplified network, and how small it became', () => {
    expect(line({ 'history.jsonl': row, 'result.json': RESULT })).toMatchObject({
      name: 'net',
      state: 'finished',
      started: '2026-01-01T00:00:00',
      epochs: 4,
      metric: { name: 'accuracy', of: 'test', value: 0.85 },
      weights: { before: 100, after: 25 },
    });
  });

  test('of a run that was stopped, of one that failed, of one that is being written', () => {
    expect(line({ 'history.jsonl': row })).toMatchObject({
      state: 'stopped',
      metric: { name: 'accuracy', of: 'train', value: 0.5 },
    });
    expect(
      line({ 'failure.json': { format: 1, errors: [{ code: 'diverged', message: 'it diverged' }] } }),
    ).toMatchObject({
      state: 'failed',
      problem: 'it diverged',
    });
    expect(line({ lock: `${process.ppid}\n` })).toMatchObject({ state: 'running' });
    // The lock of a process that is gone.
    expect(line({ lock: '2147483646\n' })).toMatchObject({ state: 'stopped' });
  });

  test('of a damaged run names the file', () => {
    const found = line({ 'run.json': '{' });
    expect(found.state).toBe('damaged');
    expect(found.problem).toContain('run.json');
    expect(line({ 'result.json': '{}' })).toMatchObject({ name: 'net', state: 'damaged' });
  });

  test('counts all bytes, also those of checkpoints', () => {
    const folder = makeRun(path.join(temporaryFolder(), 'run'));
    const { bytes } = runLine(folder);
    writeFileSync(path.join(folder, 'checkpoints', 'state'), 'x'.repeat(1000));
    expect(runLine(folder).bytes).toBe(bytes + 1000);
  });

  test('as a table', () => {
    const lines = runsText([
      {
        folder: 'runs/net/a',
        name: 'net',
        state: 'finished',
        started: '2026-01-01T00:00:00',
        epochs: 4,
        metric: { name: 'accuracy', of: 'test', value: 0.85 },
        weights: { before: 100, after: 25 },
        bytes: 1234,
      },
      { folder: 'runs/net/long-name', state: 'damaged', started: '2026-01-02T00:00:00', bytes: 5 },
    ]);
    expect(lines).toBe(`run                 state     epochs  metric                weights  on disk  started (UTC)
runs/net/a          finished       4  test accuracy 0.8500   25.0 %  1.23 kB  2026-01-01 00:00:00
runs/net/long-name  damaged                                              5 B  2026-01-02 00:00:00
`);
    expect(runsText([])).toBe('');
    const trial = { folder: 'sweeps/net/a/trials/1', state: 'stopped', started: '', bytes: 1 } as const;
    expect(listText([], [{ folder: 'sweeps/net/a', trials: [trial] }])).toBe(
      `sweep sweeps/net/a: 1 trial\n${runsText([trial])}`,
    );
    expect(listText([trial], [{ folder: 'sweeps/net/b', trials: [] }])).toBe(
      `${runsText([trial])}\nsweep sweeps/net/b: no trial has begun\n`,
    );
  });
});

describe('removing runs', () => {
  test('takes the named one, and lets latest point to the newest that is left', () => {
    const { root, runs } = place();
    const latest = path.join(root, 'runs', 'net', 'latest');
    expect(removeRuns([runs[2]!])).toEqual([{ folder: runs[2], bytes: expect.any(Number), latest: runs[1] }]);
    expect(readlinkSync(latest)).toBe(times[1]);
    expect(readdirSync(path.join(root, 'runs', 'net')).sort()).toEqual([times[0], times[1], 'latest']);
    // An older one changes nothing about latest.
    expect(removeRuns([runs[0]!])).toEqual([{ folder: runs[0], bytes: expect.any(Number) }]);
    // The last one takes the link with it; the link stands for the run.
    expect(removeRuns([latest])).toEqual([{ folder: runs[1], bytes: expect.any(Number), latest: null }]);
    expect(lstatSync(latest, { throwIfNoEntry: false })).toBeUndefined();
  });

  test('says what it would do, and does nothing', () => {
    const { runs } = place();
    expect(removeRuns(runs, { dryRun: true }).map(({ folder }) => folder)).toEqual(runs);
    expect(runs.every((run) => existsSync(run))).toBe(true);
  });

  test('never takes a run that is being written, unless told to; then nothing of the others goes either', async () => {
    const { runs } = place();
    writeFileSync(path.join(runs[1]!, 'lock'), `${process.ppid}\n`);
    expect(await failureOf(async () => removeRuns(runs))).toMatchObject({ exit: 5 });
    expect(runs.every((run) => existsSync(run))).toBe(true);
    removeRuns([runs[1]!], { force: true });
    expect(existsSync(runs[1]!)).toBe(false);
  });

  test('never takes what is no run, or lies outside of a folder of runs, also by a link', async () => {
    const { root } = place();
    const outside = makeRun(path.join(root, 'precious'));
    const linked = path.join(root, 'runs', 'net', 'linked');
    symlinkSync(outside, linked);
    for (const given of [
      root,
      path.join(root, 'runs'),
      path.join(root, 'runs', 'net'),
      '/',
      '.',
      path.join(root, 'no'),
    ])
      expect((await failureOf(async () => removeRuns([given], { force: true }))).text).toContain('no-run');
    for (const given of [outside, linked])
      expect((await failureOf(async () => removeRuns([given], { force: true }))).text).toContain('run-elsewhere');
    expect(existsSync(path.join(outside, 'run.json'))).toBe(true);
  });

  test('a run that is named twice goes once', () => {
    const { root, runs } = place();
    expect(removeRuns([runs[2]!, path.join(root, 'runs', 'net', 'latest'), `${runs[2]}/`])).toHaveLength(1);
  });

  test('keeps the newest of every spec, and those that are being written', () => {
    const { root, runs, other } = place();
    expect(runsBut([root], 1)).toEqual([runs[0], runs[1]]);
    expect(runsBut([root], 2)).toEqual([runs[0]]);
    expect(runsBut([root], 0)).toEqual([...runs, other]);
    expect(runsBut([root], 9)).toEqual([]);
    writeFileSync(path.join(runs[0]!, 'lock'), `${process.ppid}\n`);
    expect(runsBut([root], 1)).toEqual([runs[1], runs[2]]);
    expect(runsBut([root], 0)).toEqual([runs[1], runs[2], other]);
  });
});
