import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { resumeRun, startRun } from '../../../src/runtime/run/run.js';
import { RunFolder } from '../../../src/runtime/run/run-folder.js';
import { failureOf } from '../../data/failure.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, options, run, trace } from '../../support/runs.js';
import { tinySpec } from '../../support/specs.js';

// Dozens of engines are loaded: slow on a machine that others use, too.
test('a run that is stopped after every step ends in the same bytes', { timeout: 240_000 }, async () => {
  const folder = temporaryFolder();
  const text = tinySpec({ first: 2, second: 2, finetune: 2 });
  const whole = await run(folder, 'whole', text, Number.POSITIVE_INFINITY);
  expect(whole.stops).toBe(0);
  const everyStep = await run(folder, 'every-step', text, 1);
  // 100 rows in batches of 17 are 6 steps; 2 epochs of each of the three stretches.
  expect(everyStep.stops).toBe(36);
  expect(trace(everyStep.out)).toEqual(trace(whole.out));
  const everyFew = await run(folder, 'every-few', text, 5);
  expect(everyFew.stops).toBe(7);
  expect(trace(everyFew.out)).toEqual(trace(whole.out));
  const history = readFileSync(path.join(whole.out, 'history.jsonl'), 'utf8').trim().split('\n');
  expect(history.map((line) => JSON.parse(line).epoch)).toEqual([1, 2, 3, 4, 5, 6]);
  for (const { out } of [whole, everyStep, everyFew]) {
    const timing = readFileSync(path.join(out, 'timing.jsonl'), 'utf8').trim().split('\n');
    expect(timing.map((line) => JSON.parse(line).epoch)).toEqual([1, 2, 3, 4, 5, 6]);
  }
});

test('a last step that breaks the numbers is noticed though nothing is computed from them, and no checkpoint holds them', async () => {
  const folder = temporaryFolder();
  const text = tinySpec().replace(/warm .*/, 'warm { steps: 1; optimizer: sgd(learning_rate: 1e39) }');
  const out = path.join(folder, 'run');
  const start = begin(folder, text, out);
  const { text: message, exit, help } = await failureOf(() => startRun({ ...options(100), ...start }));
  expect(exit).toBe(7);
  expect(message).toMatch(/^diverged: training diverged: \S+ is not finite at step 1 of epoch 1 \(warm\)$/);
  expect(help).toContain('no checkpoint had been written yet');
  expect(readdirSync(path.join(out, 'checkpoints'))).toEqual([]);
  expect(new RunFolder(out).readFailure()).toMatch(/^training diverged: \S+ is not finite at step 1 of epoch 1/);
});

test('a length in steps that ends within an epoch is stopped and resumed, too', async () => {
  const folder = temporaryFolder();
  const text = tinySpec({ finetune: 1 }).replace('warm { epochs: 3', 'warm { steps: 8');
  const whole = await run(folder, 'whole', text, Number.POSITIVE_INFINITY);
  const stopped = await run(folder, 'stopped', text, 4);
  expect(trace(stopped.out)).toEqual(trace(whole.out));
});

test('a search for a threshold stops between two candidates, and begins again with the same result', async () => {
  const folder = temporaryFolder();
  const text = tinySpec({ first: 1, second: 1, finetune: 1 });
  const whole = await run(folder, 'whole', text, Number.POSITIVE_INFINITY);
  const out = path.join(folder, 'runs', 'stopped');
  const endless = Number.POSITIVE_INFINITY;
  let end = await startRun({ ...options(endless, [], 1), ...begin(folder, text, out) });
  const trained = readFileSync(path.join(out, 'trained.safetensors'));
  let stops = 1;
  for (; !end.result; stops++) {
    expect(end.stopped).toBe('SIGTERM');
    expect(existsSync(path.join(out, 'net.min.dn'))).toBe(false);
    end = await resumeRun(out, options(endless, [], stops + 1));
    expect(readFileSync(path.join(out, 'trained.safetensors'))).toEqual(trained);
  }
  // Before every candidate once; the uncut network is the first.
  expect(stops - 1).toBe(end.result.simplified.search!.tried.length);
  expect(trace(out)).toEqual(trace(whole.out));
});

test('a run without a whole checkpoint begins again; a damaged newest one is passed over', async () => {
  const folder = temporaryFolder();
  const text = tinySpec();
  const whole = await run(folder, 'whole', text, Number.POSITIVE_INFINITY);
  for (const damage of ['newest', 'all'] as const) {
    const out = path.join(folder, 'runs', damage);
    const start = begin(folder, text, out);
    expect((await startRun({ ...options(21), ...start })).stopped).toBe('SIGTERM');
    const checkpoints = path.join(out, 'checkpoints');
    const numbers = readdirSync(checkpoints).sort();
    expect(numbers.length).toBeGreaterThan(1);
    for (const number of damage === 'newest' ? numbers.slice(-1) : numbers)
      appendFileSync(path.join(checkpoints, number, 'state.safetensors'), 'x');
    const notes: string[] = [];
    expect((await resumeRun(out, options(Number.POSITIVE_INFINITY, notes))).result).toBeDefined();
    expect(notes.join('')).toContain('is damaged; going back to the one before');
    expect(notes.join('').includes('it begins again')).toBe(damage === 'all');
    expect(trace(out)).toEqual(trace(whole.out));
  }
});

test('locks: a live process is respected, a dead one is not', async () => {
  const folder = temporaryFolder();
  const text = tinySpec();
  const out = path.join(folder, 'run');
  const start = begin(folder, text, out);
  await startRun({ ...options(3), ...start });
  const lock = path.join(out, 'lock');
  expect(existsSync(lock)).toBe(false);

  writeFileSync(lock, `${process.ppid}\n`);
  const refused = await failureOf(() => resumeRun(out, options(1)));
  expect(refused.exit).toBe(5);
  expect(refused.text).toBe(`run-locked: ${out} is being written by process ${process.ppid}`);
  expect(readFileSync(lock, 'utf8')).toBe(`${process.ppid}\n`);

  // Beyond the largest process id of any system; then what a process killed while it wrote the lock leaves.
  for (const stale of ['999999999\n', '', 'nonsense']) {
    writeFileSync(lock, stale);
    writeFileSync(path.join(out, '.trained.safetensors.999999999.part'), 'half');
    mkdirSync(path.join(out, 'checkpoints', '000099.part'));
    expect((await resumeRun(out, options(1))).stopped).toBe('SIGTERM');
    expect(existsSync(lock)).toBe(false);
    expect(readdirSync(out).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(readdirSync(path.join(out, 'checkpoints')).filter((name) => name.endsWith('.part'))).toEqual([]);
  }
});

test('a run is not written over, and goes on only as it began', async () => {
  const folder = temporaryFolder();
  const text = tinySpec();
  const out = path.join(folder, 'run');
  const start = begin(folder, text, out);
  await startRun({ ...options(3), ...start });
  expect(await failureOf(() => startRun({ ...options(3), ...start }))).toMatchObject({
    exit: 5,
    text: `run-exists: ${out} holds a run already`,
  });

  const record = path.join(out, 'run.json');
  const written = readFileSync(record, 'utf8');
  writeFileSync(
    record,
    written.replace('"threads": 1', '"threads": 2').replace(/"version": "[^"]*"/, '"version": "0.1.0"'),
  );
  const other = await failureOf(() => resumeRun(out, options(3)));
  expect(other).toMatchObject({ exit: 6 });
  expect(other.text).toMatch(/^resume-engine: the run was made with .* 0\.1\.0, 2 threads.*, and here is /);

  writeFileSync(record, written.slice(0, 40));
  expect(await failureOf(() => resumeRun(out, options(3)))).toMatchObject({
    exit: 4,
    text: `run-damaged: ${record} is damaged`,
  });
  rmSync(record);
  expect(await failureOf(() => resumeRun(out, options(3)))).toMatchObject({
    exit: 4,
    text: `no-run: ${out} holds no run`,
  });
  expect(await failureOf(() => resumeRun(path.join(folder, 'nowhere'), options(3)))).toMatchObject({ exit: 4 });
});

test('a network that is dead is told apart: of its threshold, where a lower one helps, or of its training', async () => {
  const folder = temporaryFolder();
  const notes = { cut: [] as string[], died: [] as string[] };
  const dead = (name: keyof typeof notes, text: string) =>
    failureOf(() =>
      startRun({ ...options(1e6, notes[name]), ...begin(folder, text, path.join(folder, 'runs', name)) }),
    );
  const cut = await dead('cut', tinySpec().replace('auto(tolerance: 1%)', '1000'));
  const died = await dead('died', tinySpec().replaceAll('0.01', '50'));
  for (const { text } of [cut, died]) expect(text).toContain('dead-network: all 8 units of hidden died');
  const lower = `dnc simplify ${path.join(folder, 'runs', 'cut')} --threshold VALUE cuts it anew`;
  expect(cut.help.join('\n')).toContain(lower);
  expect(died.help.join('\n')).not.toContain('--threshold');
  // Said once, at the end of the epoch in which it is found.
  expect(notes.cut.filter((note) => note.includes('dying-network'))).toEqual([]);
  expect(notes.died.filter((note) => note.includes('warning[dying-network]'))).toHaveLength(1);
});

test('a spec that changed after the run began changes nothing in it', async () => {
  const folder = temporaryFolder();
  const text = tinySpec();
  const whole = await run(folder, 'whole', text, Number.POSITIVE_INFINITY);
  const specFile = path.join(folder, 'net.dn');
  const out = path.join(folder, 'runs', 'edited');
  const start = begin(folder, text, out);
  await startRun({ ...options(5), ...start });
  writeFileSync(specFile, text.replace('Dense(8', 'Dense(9'));
  expect((await resumeRun(out, options(Number.POSITIVE_INFINITY))).result).toBeDefined();
  expect(trace(out)).toEqual(trace(whole.out));
});
