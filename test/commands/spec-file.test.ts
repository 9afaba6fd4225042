import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { specFile, specFiles } from '../../src/commands/spec-file.js';
import { runFolder } from '../../src/commands/run-place.js';
import { diagnostic, Failure } from '../../src/diagnostics/report.js';
import { RunFolder } from '../../src/runtime/run/run-folder.js';
import { failWithoutWeights, readSpecFile } from '../../src/runtime/spec/spec-file.js';

const root = mkdtempSync(path.join(tmpdir(), 'dnc-spec-file-'));
const home = process.cwd();
let count = 0;

beforeEach(() => {
  const folder = path.join(root, String(count++));
  mkdirSync(folder);
  process.chdir(folder);
});
afterEach(() => process.chdir(home));
afterAll(() => rmSync(root, { recursive: true }));

function files(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(path.dirname(name), { recursive: true });
    writeFileSync(name, '');
  }
}

function failure(work: () => unknown) {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const [{ code, message, help } = { code: '', message: '', help: [] }] = error.diagnostics;
    return { code, message, help };
  }
  return undefined;
}

const record = {
  format: 1,
  dnc: '1',
  name: 'net',
  specFolder: '.',
  specFile: 'net.dn',
  sets: [],
  fromScratch: false,
  engine: { engine: 'x', version: '1', features: '', threads: 1 },
  updatePass: true,
  data: [],
};

test("a run's folder stands for its simplified spec, once there is one", () => {
  files('runs/net/first/net.dn', 'runs/net/first/run.json');
  writeFileSync('runs/net/first/run.json', JSON.stringify(record));
  expect(failure(() => specFile('runs/net/first'))).toEqual({
    code: 'spec-missing',
    message: 'cannot read runs/net/first/net.min.dn: the run has not come to its end',
    help: ['go on with it: dnc train --resume runs/net/first'],
  });
  files('runs/net/first/net.min.dn');
  expect(specFile('runs/net/first')).toBe('runs/net/first/net.min.dn');
  expect(specFiles(['runs/net/first/'])).toEqual(['runs/net/first/net.min.dn']);
});

test('a run that failed says why, and what its error said to do', () => {
  files('runs/net/first/net.dn');
  writeFileSync('runs/net/first/run.json', JSON.stringify(record));
  const dead = diagnostic('dead-network', { layer: 'y', output: 'y', units: 3 }, { help: ['cut it anew'] });
  new RunFolder('runs/net/first').rememberFailure(new Failure([dead]));
  expect(failure(() => specFile('runs/net/first'))).toEqual({
    code: 'spec-missing',
    message: `cannot read runs/net/first/net.min.dn: the run failed: ${dead.message}`,
    help: ['cut it anew', 'or change the spec and train anew; what the run did: dnc runs show runs/net/first'],
  });
});

test('a sweep is no run: its newest trial is not taken for it', () => {
  files('sweeps/net/first/sweep.json', 'sweeps/net/first/trials/1/run.json');
  expect(failure(() => runFolder('sweeps/net/first'))).toMatchObject({
    code: 'no-run',
    help: [expect.stringMatching(/dnc sweep report sweeps\/net\/first$/), expect.stringContaining('trials')],
  });
  expect(runFolder('sweeps/net/first/trials/1')).toBe('sweeps/net/first/trials/1');
});

test('any other folder stands for the one spec in it', () => {
  files('one/net.dn', 'one/net.min.dn', 'small/net.min.dn', 'two/b.dn', 'two/a.dn', 'none/notes.txt');
  expect(specFile('one')).toBe('one/net.dn');
  expect(specFile('small')).toBe('small/net.min.dn');
  expect(failure(() => specFile('two'))).toMatchObject({
    code: 'several-specs-here',
    message: 'two holds several specs: a.dn, b.dn',
    help: ['name one: two/a.dn'],
  });
  expect(failure(() => specFile('none'))).toMatchObject({ code: 'no-spec-here' });
  expect(specFile('gone/net.dn')).toBe('gone/net.dn');
});

test('a folder that simplify --out wrote into stands for its result, as a run does', () => {
  files('small/net.dn', 'small/net.min.dn', 'small/net.min.safetensors');
  const certify = (file: string) =>
    writeFileSync('small/certificate.json', JSON.stringify({ after: { spec: { file } } }));
  certify('net.min.dn');
  // Simplified in its own place: the folder is its author's.
  expect(specFile('small')).toBe('small/net.dn');
  files('small/result.json');
  expect(specFile('small')).toBe('small/net.min.dn');
  expect(specFiles(['small'])).toEqual(['small/net.min.dn']);
  for (const wrong of ['../net.min.dn', 'gone.min.dn']) {
    certify(wrong);
    expect(specFile('small')).toBe('small/net.dn');
  }
});

test('a folder of several specs stands for all of them where many are taken', () => {
  files('two/b.dn', 'two/a.dn', 'two/a.min.dn');
  expect(specFiles(['two'])).toEqual(['two/a.dn', 'two/b.dn']);
  process.chdir('two');
  expect(specFiles(['.'])).toEqual(['a.dn', 'b.dn']);
});

test('without names, many are all of the folder but simplified ones', () => {
  expect(failure(() => specFiles([]))).toMatchObject({ code: 'no-spec-here' });
  files('b.dn', 'a.dn', 'a.min.dn');
  expect(specFiles([])).toEqual(['a.dn', 'b.dn']);
  expect(failure(() => specFile(undefined))).toMatchObject({ help: ['name one: a.dn'] });
});

test('check takes all of them', async () => {
  const { check } = await import('../../src/commands/check.js');
  const spec = (layers: string) =>
    `model Net {\nx = Input(4)\n${layers}\n}\ndata { source: mnist }\ntrain { loss: mean_squared_error; epochs: 3 }\n`;
  writeFileSync('good.dn', spec('Dense(10)').replace('Input(4)', 'Input(28, 28)\nFlatten()'));
  writeFileSync('wrong.dn', spec('Dens(10)'));
  const note = vi.fn();
  let out = '';
  const io = {
    out: (text: string) => (out += text),
    note,
    status: () => {},
    terminal: false,
    colour: false,
    outColour: false,
  };
  const exit = await check.run({ parameters: [undefined], options: { json: true }, io });
  expect(exit).toBe(3);
  expect(JSON.parse(out).specs.map((one: { file: string }) => one.file)).toEqual(['good.dn', 'wrong.dn']);
});

test('a wrong name lists the specs that are there, and how many more', () => {
  files(...Array.from({ length: 10 }, (_, k) => `s${k}.dn`));
  expect(failure(() => readSpecFile('nat.dn'))?.help).toEqual([
    'specs there: s0.dn, s1.dn, s2.dn, s3.dn, s4.dn, s5.dn, s6.dn, s7.dn, and 2 more',
  ]);
});

test('a spec without weights names what it was trained to', () => {
  expect(failure(() => failWithoutWeights('net.dn'))?.help).toEqual(['train it: dnc train net.dn']);
  files('runs/net/latest/net.min.dn');
  expect(failure(() => failWithoutWeights('net.dn'))?.help).toEqual([
    'give what it was trained to: runs/net/latest/net.min.dn',
  ]);
});
