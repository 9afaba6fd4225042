import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { importancesOf, readSweepReport } from '../../src/reports/sweep.js';
import { sweepText } from '../../src/reports/sweep-as-text.js';
import { sweepPage } from '../../src/reports/sweep-page.js';
import { writeFronts } from '../../src/reports/sweep-pictures.js';
import type { SweepRecord, Trial } from '../../src/runtime/sweep/record.js';
import { failureOf } from '../data/failure.js';
import { temporaryFolder } from '../support/folders.js';
import { problemsOf } from '../support/html.js';

const record = (trials: readonly Partial<Trial>[], more: Partial<SweepRecord> = {}): SweepRecord => ({
  format: 1,
  dnc: '1.0.0',
  name: 'net',
  spec: { folder: '/specs', file: 'net.dn', sha256: '' },
  sets: [],
  engine: 'auto',
  threads: 1,
  strategy: 'grid',
  seed: 1,
  objective: { name: 'accuracy', better: 'higher' },
  axes: [
    { address: 'lambda', repeats: false },
    { address: 'kind', repeats: false },
  ],
  rungs: [],
  trials: trials.map((trial, k) => ({
    number: k + 1,
    combination: k + 1,
    values: { lambda: `1e-${k}`, kind: k % 2 ? 'relu' : '<tanh & "more">' },
    folder: `trials/0${k + 1}`,
    state: 'finished',
    ...trial,
  })),
  ...more,
});

const finished = (objective: number | null, parameters: number): Partial<Trial> => ({
  objective,
  parameters,
  weights: parameters,
  multiply_adds: 2 * parameters,
});

function folderOf(sweep: object): string {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, 'sweep.json'), JSON.stringify(sweep));
  return folder;
}

const some = record(
  [
    finished(0.9, 100),
    finished(0.95, 300),
    finished(0.85, 200),
    { state: 'failed', error: 'training diverged' },
    { state: 'stopped early', objective: 0.5, epochs: 2 },
    finished(null, 50),
  ],
  { chosen: { combination: 2, test: { accuracy: 0.94 } } },
);

describe('a sweep', () => {
  test('is a table, the best first', () => {
    const folder = folderOf(some);
    const text = sweepText(readSweepReport(folder)).replaceAll(folder, 'FOLDER');
    expect(text).toMatchInlineSnapshot(`
      "   #  lambda             kind  val_accuracy  parameters  multiply-adds  front
      *  2    1e-1             relu  0.9500               300            600  ◆
         1    1e-0  <tanh & "more">  0.9000               100            200  ◆
         3    1e-2  <tanh & "more">  0.8500               200            400
         6    1e-5             relu                        50            100
         5    1e-4  <tanh & "more">  0.5000                                          stopped early, behind 2 epochs
         4    1e-3             relu                                                  failed: training diverged

      val_accuracy: higher is better
      ◆ no other is as good with as few parameters; ◇ so for multiply-adds or milliseconds alone
      what each address explains alone: kind 75.0 %, lambda 25.0 %
      * chosen by validation rows: lambda: 1e-1, kind: relu
        on test rows, which chose nothing: accuracy 0.9400
        its run: FOLDER/trials/02
      "
    `);
  });

  test('is a page that holds together, in whatever state', async () => {
    const states: readonly SweepRecord[] = [
      some,
      record([{ state: 'waiting' }, { state: 'waiting' }]),
      record([finished(0.5, 10)]),
      record([finished(0.5, 10), finished(0.5, 10), finished(0.5, 10)], {
        axes: [{ address: 'lambda', repeats: true }],
      }),
      record(Array.from({ length: 60 }, (_, k) => finished(Math.sin(k), 10 + ((k * 37) % 61)))),
    ];
    for (const one of states) {
      const folder = folderOf(one);
      const report = readSweepReport(folder);
      const shown = await sweepPage(report);
      expect(problemsOf(shown)).toEqual([]);
      // Of combinations, not of trials, is said how they ended.
      if (report.repeated.length > 0) expect(shown).toMatch(/ trials · combinations: \d/);
      expect(sweepText(report)).toContain('val_accuracy');
      for (const file of await writeFronts(folder, report)) expect(file).toMatch(/pareto-[a-z-]+\.svg$/);
    }
  });

  test('whose record is damaged, or leads out of its folder, is refused', async () => {
    const bad: readonly object[] = [
      { ...some, trials: [{ ...some.trials[0], folder: '../../etc' }] },
      { ...some, trials: [{ ...some.trials[0], state: 'done' }] },
      { ...some, objective: 'accuracy' },
      { ...some, format: 2 },
      [],
    ];
    for (const one of bad) {
      const folder = folderOf(one);
      const { text } = await failureOf(() => Promise.resolve(readSweepReport(folder)));
      expect(text).toMatch(/^run-damaged: /);
    }
  });
});

describe('importance', () => {
  test('is the share of the variance between values', () => {
    // Means 2 and 6 of a, 3.5 and 4.5 of b, around 4: squares between 16 and 1, in all 18.
    const found = importancesOf(
      ['a', 'b'],
      [
        { values: { a: 'x', b: '1' }, objective: 2 },
        { values: { a: 'x', b: '2' }, objective: 2 },
        { values: { a: 'y', b: '1' }, objective: 5 },
        { values: { a: 'y', b: '2' }, objective: 7 },
      ],
    );
    expect(found.map(({ address }) => address)).toEqual(['a', 'b']);
    expect(found[0]!.share).toBeCloseTo(16 / 18, 12);
    expect(found[1]!.share).toBeCloseTo(1 / 18, 12);
  });

  test('is the squared rank correlation where every value is another one', () => {
    const scores = [1, 3, 2, 5];
    const found = importancesOf(
      ['a'],
      scores.map((objective, k) => ({ values: { a: String(10 ** k) }, objective })),
    );
    // Ranks 1 2 3 4 and 1 3 2 4: 1 − 6 · 2 / (4 · 15) = 0.8.
    expect(found).toEqual([{ address: 'a', share: expect.closeTo(0.64, 12), measure: 'rank correlation' }]);
  });
});
