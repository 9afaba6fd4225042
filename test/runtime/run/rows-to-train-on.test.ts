import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { lowerSpec } from '../../../src/compiler/1-spec/index.js';
import { compile, resolvedText } from '../../../src/compiler/compile.js';
import { readDocument } from '../../../src/compiler/document.js';
import { Reports } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';
import { writeYaml } from '../../../src/dsl/yaml/write.js';
import { readRun } from '../../../src/reports/run-report.js';
import { runPage } from '../../../src/reports/run-page.js';
import { runText } from '../../../src/reports/run-as-text.js';
import { runLine } from '../../../src/reports/runs.js';
import { readRows } from '../../../src/runtime/spec/rows.js';
import { startRun } from '../../../src/runtime/run/run.js';
import { failureOf } from '../../data/failure.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, historyOf, options, run, trace } from '../../support/runs.js';
import { tinySpec } from '../../support/specs.js';
import { numbersIn } from '../../data/numbers.js';

const fewer = (choice = 'first(40)') => tinySpec().replace('validation: 20', `validation: 20\n  train: ${choice}`);

function lowered(text: string, name = 'net.dn') {
  const source = new Source(name, text);
  const reports = new Reports();
  const spec = lowerSpec(readDocument(source, reports), { source, sets: [] }, reports)!;
  reports.throwIfFailed();
  return spec;
}

test('a run trains on them alone, is judged by the same rows, and says so in all that it leaves', async () => {
  const folder = temporaryFolder();
  const notes: string[] = [];
  const out = path.join(folder, 'fewer');
  await startRun({ ...options(Number.POSITIVE_INFINITY, notes), ...begin(folder, fewer(), out) });
  expect(notes).toContain('note: trains on 40 rows; `train` of `data` leaves out 60 more\n');
  const record = JSON.parse(readFileSync(path.join(out, 'run.json'), 'utf8'));
  expect(record.rows).toEqual({ train: 40, validation: 20, test: 40, unused: 60 });
  // Three batches an epoch, not six.
  expect(historyOf(out)[0]).toMatchObject({ epoch: 1, step: 3 });
  const told = '40 to train on (60 left out), 20 for validation, 40 for testing';
  const reported = readRun(out);
  expect(runText(runLine(out), reported.report)).toContain(told);
  expect(await runPage(reported)).toContain(told);
  // What comes out is trained again on the same rows.
  expect(readFileSync(path.join(out, 'net.min.dn'), 'utf8')).toContain('  train: first(40)\n');
}, 60_000);

test('it goes on after every stop as if it had not stopped', async () => {
  const folder = temporaryFolder();
  const whole = await run(folder, 'whole', fewer('20%'), Number.POSITIVE_INFINITY);
  const stopped = await run(folder, 'stopped', fewer('20%'), 4);
  expect(stopped.stops).toBeGreaterThan(2);
  expect(trace(stopped.out)).toEqual(trace(whole.out));
}, 60_000);

test('what is learned from training rows is learned from these', async () => {
  const folder = temporaryFolder();
  const rows = Array.from({ length: 50 }, (_, row) => `${row},${row % 7}`).join('\n');
  writeFileSync(path.join(folder, 'rows.csv'), `a,y\n${rows}\n`);
  const spec = lowered(`model Net {
  a = Input(1)
  y = Dense(1)
}
data { source: csv("rows.csv"); target: y; standardize: true; validation: last(10); train: first(20) }
train { loss: mse; epochs: 1 }
`);
  const { train, validation, unused } = await readRows(spec, { dataFolder: undefined, specFolder: folder });
  expect([train.rows, validation!.rows, unused]).toEqual([20, 10, 20]);
  const values = [...train.selection!].map((row) => numbersIn(train.fields[0]!)[row]!);
  expect(values.reduce((sum, value) => sum + value, 0) / 20).toBeCloseTo(0, 6);
});

test('it is a value like others: in YAML, resolved, and by --set', async () => {
  const text = fewer('15%');
  const spec = lowered(text);
  const yaml = writeYaml(readDocument(new Source('net.dn', text), new Reports()));
  expect(yaml).toContain('train: 15%');
  expect(lowered(yaml, 'net.yaml').hash).toBe(spec.hash);
  expect(lowered(resolvedText(compile(new Source('net.dn', text)))).hash).toBe(spec.hash);
  const set = compile(new Source('net.dn', tinySpec()), { sets: ['data.train=15%'] });
  expect(set.spec.data.train).toEqual({ word: 'share', arguments: { fraction: 0.15 } });
  expect(set.spec.hash).not.toBe(lowered(tinySpec()).hash);
});

test('more rows than there are are refused where they are written, before anything is there', async () => {
  const folder = temporaryFolder();
  const out = path.join(folder, 'more');
  const { text, exit } = await failureOf(() =>
    startRun({ ...options(Number.POSITIVE_INFINITY), ...begin(folder, fewer('101'), out) }),
  );
  expect([text, exit]).toEqual(['not-enough-rows: `train` asks for 101 rows, there are 100 left to train on', 4]);
});
