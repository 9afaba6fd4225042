import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { parameterCount } from '../../../src/compiler/3-dims/index.js';
import { Source } from '../../../src/diagnostics/source.js';
import { resultText } from '../../../src/reports/result.js';
import { runText } from '../../../src/reports/run-as-text.js';
import { runPage } from '../../../src/reports/run-page.js';
import { readRun } from '../../../src/reports/run-report.js';
import { runLine } from '../../../src/reports/runs.js';
import { targetText } from '../../../src/reports/target.js';
import { resumeRun, startRun } from '../../../src/runtime/run/run.js';
import { simplifyAgain } from '../../../src/runtime/simplify/simplify-again.js';
import { readSpecFile } from '../../../src/runtime/spec/spec-file.js';
import { failureOf } from '../../data/failure.js';
import { temporaryFolder } from '../../support/folders.js';
import { begin, options, run, trace } from '../../support/runs.js';
import { tinySpec } from '../../support/specs.js';

const endless = Number.POSITIVE_INFINITY;
const engine = { engine: 'auto', engineOptions: { threads: 1 } } as const;

const aiming = (section: string) => tinySpec().replace('threshold: auto(tolerance: 1%)', section);
const again = (from: string, sets: readonly string[], out?: string) =>
  simplifyAgain({ from, sets, out, dataFolder: undefined, ...engine });
const json = (folder: string, name: string) => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));

test('a size is aimed at the same after every stop, and told in the result, the certificate, the spec and to people', async () => {
  const folder = temporaryFolder();
  const text = aiming('target { parameters: 60%; multiply_adds: 60% }');
  const whole = await run(folder, 'whole', text, endless);
  const stopped = await run(folder, 'stopped', text, 11);
  expect(stopped.stops).toBeGreaterThan(2);
  expect(trace(stopped.out)).toEqual(trace(whole.out));

  const { target, threshold, search } = json(whole.out, 'result.json');
  expect(target).toMatchObject({
    threshold: threshold.value,
    at_most: { parameters: 0.6, multiply_adds: 0.6 },
    held: true,
  });
  expect(search).toBeUndefined();
  const min = path.join(whole.out, 'net.min.dn');
  const before = compile(new Source('net.dn', text));
  const after = compile(readSpecFile(min));
  expect(target.left.parameters).toBe(parameterCount(after.network) / parameterCount(before.network));
  expect(target.left.parameters).toBeLessThanOrEqual(0.6);
  expect(json(whole.out, 'certificate.json').target).toEqual({
    threshold: threshold.value,
    at_most: target.at_most,
    left: target.left,
  });
  expect(after.spec.origin).toMatchObject({
    threshold: { kind: 'unit', value: threshold.value },
    target: { parameters: 0.6, multiply_adds: 0.6 },
  });
  expect(after.spec.simplify.target).toBeUndefined();

  const result = await again(whole.out, [], path.join(folder, 'again'));
  expect(result.simplified.threshold).toEqual(threshold);
  expect(resultText(result)).toMatch(
    /threshold {6}0\.\d+, found in \d+ tries\ntarget {9}[\d.]+ % of the parameters \(at most 60 %\), [\d.]+ % of the multiply-adds \(at most 60 %\)\n/,
  );
  const reported = readRun(whole.out);
  expect(reported.report.result!.target).toEqual(target);
  const told = targetText(target);
  expect(runText(runLine(whole.out), reported.report)).toContain(told);
  expect(await runPage(reported)).toContain(`The target: ${told}.`);
  // Another share, and a threshold instead of it.
  const smaller = await again(whole.out, ['simplify.target.parameters=50%'], path.join(folder, 'smaller'));
  expect(smaller.simplified.target!.left.parameters).toBeLessThanOrEqual(0.5);
  const cut = await again(whole.out, ['simplify.threshold=0.01'], path.join(folder, 'cut'));
  expect(cut.simplified.target).toBeUndefined();
  expect(cut.simplified.threshold.value).toBe(0.01);
  // The result has reached it: nothing is aimed at any more.
  expect((await again(min, [], path.join(folder, 'small'))).simplified.shrunk.changed).toBe(false);
});

test('times are measured once in a run: resuming and simplifying again take them from its table', async () => {
  const folder = temporaryFolder();
  const text = aiming('target { latency: 100%; parameters: 60%; batch_size: 8 }');
  const out = path.join(folder, 'runs', 'net');
  // Stopped in the search, when the table is there.
  let end = await startRun({ ...options(endless, [], 1), ...begin(folder, text, out) });
  expect(end.result).toBeUndefined();
  expect(existsSync(path.join(out, 'latency.json'))).toBe(false);
  const notes: string[] = [];
  end = await resumeRun(out, options(endless, notes));
  expect(notes.filter((line) => line.startsWith('latency: '))).toEqual(['latency: measured once, with batches of 8\n']);
  const stored = readFileSync(path.join(out, 'latency.json'), 'utf8');
  const { target } = end.result!.simplified;

  // What the table says decides, whatever the machine is like now: here small networks take ten times as long as they did.
  const [table] = JSON.parse(stored).tables;
  const slow = table.entries.map((entry: { milliseconds: number }) => ({ ...entry, milliseconds: 1 }));
  const whole = { ...slow.at(-1), milliseconds: 2 };
  const changed = { format: 1, tables: [{ ...table, entries: [...slow.slice(0, -1), whole] }] };
  writeFileSync(path.join(out, 'latency.json'), JSON.stringify(changed));
  const result = await again(out, [], path.join(folder, 'again'));
  expect(result.simplified.target!.left.latency).toBeLessThan(1);
  expect(result.simplified.target!.latency!.before).toBe(2);
  expect(result.simplified.target!.left.parameters).toBe(target!.left.parameters);
  expect(JSON.parse(readFileSync(path.join(out, 'latency.json'), 'utf8'))).toEqual(changed);
  expect((await failureOf(() => again(out, ['simplify.target.latency=40%'], path.join(folder, 'none')))).text).toMatch(
    /^target-out-of-reach: /,
  );
  // Of another batch there is none yet: it is measured, and kept beside the other.
  await again(out, ['simplify.target.batch_size=2'], path.join(folder, 'two'));
  expect(json(out, 'latency.json').tables.map((one: { batch_size: number }) => one.batch_size)).toEqual([2, 8]);
});

test('a table that is given is looked for before anything is trained; a target out of reach loses nothing', async () => {
  const folder = temporaryFolder();
  const out = path.join(folder, 'runs', 'net');
  const lost = aiming('target { latency: 50%; latency_table: file("gone.json") }');
  const refused = await failureOf(() => startRun({ ...options(endless), ...begin(folder, lost, out) }));
  expect(refused).toMatchObject({
    exit: 4,
    text: 'latency-table: cannot take times from gone.json: there is no such file',
  });
  expect(existsSync(out)).toBe(false);
  const far = await failureOf(() =>
    startRun({ ...options(endless), ...begin(folder, aiming('target { parameters: 0.1% }'), out) }),
  );
  expect(far.text).toMatch(/^target-out-of-reach: /);
  expect(far.help).toEqual([
    '@dropneuron: more goes with a larger `lambda`, more epochs',
    `the trained network is kept: dnc simplify ${out} --threshold VALUE cuts it anew`,
  ]);
  const { simplified } = await again(out, ['simplify.target.parameters=90%'], path.join(folder, 'again'));
  expect(simplified.target!.held).toBe(true);
});

test('what a size without a tolerance cost is told in the result, to people and in the report; what lost nothing says nothing', async () => {
  const folder = temporaryFolder();
  const text = aiming('target { parameters: 12% }')
    .replace('samples: 120', 'samples: 400')
    .replace(/validation: 20/, 'validation: 280');
  const { out } = await run(folder, 'ruined', text.replace(/finetune .*/, ''), endless);
  const { warnings, scores } = json(out, 'result.json');
  const { trained, simplified } = scores.validation;
  const short = (value: number) => Number(value.toPrecision(4));
  expect(simplified.metrics.nmse).toBeGreaterThan(1.2 * trained.metrics.nmse);
  const message = `the simplified network is much worse than the trained one: on 280 validation rows nmse was ${short(trained.metrics.nmse)} and is ${short(simplified.metrics.nmse)}`;
  expect(warnings).toContainEqual({ code: 'much-worse', message });
  expect(runText(runLine(out), readRun(out).report)).toContain(`warning[much-worse]: ${message}`);
  const { warnings: told } = await again(out, [], path.join(folder, 'again'));
  expect(told.map(({ code, message }) => ({ code, message }))).toContainEqual({ code: 'much-worse', message });
  const { warnings: none } = await again(out, ['simplify.target.parameters=100%'], path.join(folder, 'whole'));
  expect(none.map(({ code }) => code)).not.toContain('much-worse');
});
