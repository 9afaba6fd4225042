import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Living } from '../../../src/compiler/5-shrink/live.js';
import { Source } from '../../../src/diagnostics/source.js';
import { diffFiles } from '../../../src/reports/diff-files.js';
import { resumeRun, startRun } from '../../../src/runtime/run/run.js';
import { readSafetensors } from '../../../src/runtime/weights/safetensors.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, historyOf, options, run, trace } from '../../support/runs.js';
import { liveSpec } from '../../support/specs.js';

/** The manifests of the checkpoints that are left, by their numbers. */
function manifests(out: string): { living?: Living; position: { stretchSteps: number; totalEpochs: number } }[] {
  const folder = path.join(out, 'checkpoints');
  return readdirSync(folder)
    .sort()
    .map((name) => JSON.parse(readFileSync(path.join(folder, name, 'manifest.json'), 'utf8')));
}

const endless = Number.POSITIVE_INFINITY;
const live = liveSpec();
/** Steps after which units went for the first and the second time: looks at the ends of epochs 2, 3 and 4, of 20 steps each. */
const [FIRST, SECOND] = [60, 80];

test('a run shrinks while it trains, and its result speaks of the units of the spec', async () => {
  const folder = temporaryFolder();
  const out = path.join(folder, 'runs', 'live');
  const notes: string[] = [];
  const { result } = await startRun({ ...options(endless, notes), ...begin(folder, live, out) });

  const rows = historyOf(out);
  const units = rows.slice(0, 26).map((row) => row.units!);
  expect(units.slice(0, 3)).toEqual([1, 2, 3].map(() => ({ features: 24, hidden: 16, more: 8, value: 1 })));
  for (const [k, { features, hidden, more }] of units.entries()) {
    const before = units[Math.max(0, k - 1)]!;
    expect(features! <= before.features! && hidden! <= before.hidden! && more! <= before.more!).toBe(true);
    expect(rows[k]!.alive.hidden).toBeLessThanOrEqual(hidden!);
  }
  expect(units[3]!.features! * units[3]!.hidden!).toBeLessThan(24 * 16 * 0.5);
  expect(rows.at(-1)!.units).toBeUndefined();
  const shrinking = notes.filter((note) => note.startsWith('live shrinking: '));
  expect(shrinking.length).toBe(new Set(units.map((one) => JSON.stringify(one))).size - 1);
  expect(shrinking[0]).toMatch(
    /^live shrinking: features 24 → \d+, hidden 16 → \d+.*; 520 → \d+ multiply-adds a row\n$/,
  );
  // What the engine is, is said once a phase.
  expect(notes.filter((note) => note.startsWith('sparse: '))).toHaveLength(1);

  // The trained network is that of the spec, with 0 where something went.
  const { tensors } = readSafetensors(readFileSync(path.join(out, 'trained.safetensors')), 'trained');
  expect(tensors['hidden.kernel']!.shape).toEqual([24, 16]);
  const kernel = tensors['hidden.kernel']!.data;
  const read = Array.from({ length: 24 }, (_, k) => k).filter((k) =>
    kernel.subarray(16 * k, 16 * k + 16).some((weight) => weight !== 0),
  );
  expect(read.length).toBeLessThanOrEqual(units.at(-1)!.features!);

  // Its result, against the spec that was written.
  const { files, simplified } = result!;
  expect(files.equivalent).toBe(true);
  expect(simplified.difference.float64).toBeLessThanOrEqual(1e-12);
  expect(readFileSync(files.spec, 'utf8')).toContain('every: 1; after: 2; patience: 2');
  const diff = diffFiles(path.join(folder, 'net.dn'), files.spec);
  const kept = (layer: string) => diff.layers.find(({ name }) => name === layer)!.kept!;
  expect(kept('features').of).toBe(24);
  expect(kept('features').indices.every((k) => read.includes(k))).toBe(true);
  expect(kept('hidden').of).toBe(16);
  expect(kept('hidden').indices).toEqual(simplified.shrunk.kept.find(({ layer }) => layer === 'hidden')!.originals);
});

test('wherever it was stopped or killed, it ends in the same bytes', { timeout: 240_000 }, async () => {
  const folder = temporaryFolder();
  const whole = await run(folder, 'whole', live, endless);
  const expected = trace(whole.out);
  for (const stride of [20, 33]) {
    const stopped = await run(folder, `every-${stride}`, live, stride);
    expect(stopped.stops).toBeGreaterThan(10);
    expect(trace(stopped.out)).toEqual(expected);
  }
  // Step by step around where units went, each time with the newest checkpoints gone, as after a kill before they were written.
  for (const around of [FIRST, SECOND]) {
    const out = path.join(folder, 'runs', `around-${around}`);
    let { stopped } = await startRun({ ...options(around - 1), ...begin(folder, live, out) });
    for (let step = around; step < around + 3; step++) {
      expect(stopped).toBe('SIGTERM');
      ({ stopped } = await resumeRun(out, options(1)));
      expect(manifests(out).at(-1)!.position.stretchSteps).toBe(step);
    }
    const sizes = manifests(out).map(({ living }) => living!.kept.features!.length);
    const checkpoints = path.join(out, 'checkpoints');
    for (const left of around === FIRST ? [readdirSync(checkpoints).length - 1, 0] : [1]) {
      const copy = `${out}-${left}`;
      await startRun({ ...options(around + 2), ...begin(folder, live, copy) });
      expect(
        manifests(copy)
          .map(({ living }) => living!.kept.features!.length)
          .at(-1),
      ).toBe(sizes.at(-1));
      const folderOfCopy = path.join(copy, 'checkpoints');
      for (const name of readdirSync(folderOfCopy).sort().slice(left))
        rmSync(path.join(folderOfCopy, name), { recursive: true });
      expect((await resumeRun(copy, options(endless))).result).toBeDefined();
      expect(trace(copy)).toEqual(expected);
    }
    expect((await resumeRun(out, options(endless))).result).toBeDefined();
    expect(trace(out)).toEqual(expected);
  }
});

test('early stopping and averaged weights go through a shrink; what was best before it was another network', async () => {
  const folder = temporaryFolder();
  const text = live
    .replace('sparse { epochs: 10;', 'sparse { epochs: 10; ema_momentum: 0.9;')
    .replace('settle { epochs: 16;', 'settle { epochs: 24; early_stopping { patience: 2; restore_best_weights: true };')
    .replace('after: 2', 'after: 9');
  const notes: string[] = [];
  const whole = path.join(folder, 'runs', 'whole');
  await startRun({ ...options(endless, notes), ...begin(folder, text, whole) });
  const shrunk = historyOf(whole).findIndex(({ units }) => units?.features !== 24);
  expect(shrunk).toBeGreaterThan(0);
  for (const stride of [20, 47]) {
    const { out } = await run(folder, `every-${stride}`, text, stride);
    expect(trace(out)).toEqual(trace(whole));
  }
});

test('a checkpoint says what is left of the network, and how long the rest has been dead', async () => {
  const folder = temporaryFolder();
  const out = path.join(folder, 'run');
  // The end of epoch 3, where units went, and a step behind it.
  await startRun({ ...options(FIRST + 1), ...begin(folder, live, out) });
  const [shrunk, behind] = manifests(out);
  expect(shrunk!.position).toMatchObject({ stretchSteps: FIRST, totalEpochs: 3 });
  expect(behind!.living).toEqual(shrunk!.living);
  const { kept, dead } = behind!.living!;
  expect(kept.features!.length).toBeLessThan(24);
  for (const [layer, looks] of Object.entries(dead)) {
    expect(looks).toHaveLength(kept[layer]!.length);
    expect(looks.every((count) => count < 2)).toBe(true);
  }
  const folderOfState = path.join(out, 'checkpoints', readdirSync(path.join(out, 'checkpoints')).sort().at(-1)!);
  const { tensors } = readSafetensors(readFileSync(path.join(folderOfState, 'state.safetensors')), 'state');
  const shape = [kept.features!.length, kept.hidden!.length];
  const kernels = Object.entries(tensors).filter(([name]) => name.startsWith('hidden.kernel'));
  // The kernel and both moments of Adam.
  expect(kernels.map(([, tensor]) => tensor.shape)).toEqual([shape, shape, shape]);
});

test('without `every` nothing is different', async () => {
  const folder = temporaryFolder();
  const { out } = await run(folder, 'plain', liveSpec(''), endless);
  expect(historyOf(out).every(({ units }) => units === undefined)).toBe(true);
  expect(manifests(out).every(({ living }) => living === undefined)).toBe(true);
  expect(existsSync(path.join(out, 'net.min.dn'))).toBe(true);
});

test('a result that is trained again shrinks further, by the units of the spec that was trained first', {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder();
  const first = path.join(folder, 'runs', 'first');
  const weak = liveSpec('').replace('(0.2)', '(0.03)').replace('@dropneuron(0.1)', '@dropneuron(0.02)');
  await startRun({ ...options(endless), ...begin(folder, weak, first) });
  const specFile = path.join(first, 'net.min.dn');
  const text = readFileSync(specFile, 'utf8')
    .replace('(0.03)', '(0.4)')
    .replace('epochs: 10', 'epochs: 60')
    .replace('threshold: 0', 'threshold: 0; every: 1; after: 2; patience: 1');
  writeFileSync(specFile, text);
  const again = {
    ...begin(folder, weak, path.join(folder, 'runs', 'again')),
    specFile,
    source: new Source(specFile, text),
  };
  const notes: string[] = [];
  const { result } = await startRun({ ...options(endless, notes), ...again });
  expect(notes.filter((note) => note.startsWith('live shrinking: features')).length).toBeGreaterThan(0);
  expect(result!.files.equivalent).toBe(true);

  const kept = (before: string, after: string, layer: string) =>
    diffFiles(before, after).layers.find(({ name }) => name === layer)!.kept!;
  for (const [layer, width] of [
    ['features', 24],
    ['hidden', 16],
  ] as const) {
    const once = kept(path.join(folder, 'net.dn'), specFile, layer);
    const twice = kept(path.join(folder, 'net.dn'), result!.files.spec, layer);
    expect([once.of, twice.of]).toEqual([width, width]);
    expect(twice.indices.length).toBeLessThan(once.indices.length);
    expect(once.indices).toEqual(expect.arrayContaining([...twice.indices]));
  }

  const stopped = path.join(folder, 'runs', 'stopped');
  let end = await startRun({ ...options(250), ...again, out: stopped });
  while (!end.result) end = await resumeRun(stopped, options(250));
  expect(trace(stopped)).toEqual(trace(path.join(folder, 'runs', 'again')));
});
