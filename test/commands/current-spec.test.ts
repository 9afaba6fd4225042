import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { check } from '../../src/commands/check.js';
import type { Command, Io, Options } from '../../src/commands/command.js';
import { compile } from '../../src/commands/compile.js';
import { currentSpec } from '../../src/commands/current-spec.js';
import { fmt } from '../../src/commands/fmt.js';
import { init } from '../../src/commands/init.js';
import { runs } from '../../src/commands/runs.js';
import { summary } from '../../src/commands/summary.js';
import { train } from '../../src/commands/train.js';
import { Failure } from '../../src/diagnostics/report.js';
import { temporaryFolder } from '../support/folders.js';

const home = process.cwd();
let note = '';
const io: Io = {
  out: () => {},
  note: (text) => {
    note += text;
  },
  status: () => {},
  terminal: false,
  colour: false,
  outColour: false,
};

beforeEach(() => {
  note = '';
  process.chdir(temporaryFolder());
});
afterEach(() => process.chdir(home));

const run = (command: Command, parameters: readonly unknown[] = [undefined], options: Options = {}) =>
  command.run({ parameters: parameters as readonly string[], options, io });

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((one: unknown) => one);
  if (!(error instanceof Failure)) throw error;
  return `${error.exit} ${error.diagnostics[0]!.code}`;
}

test('of several specs all commands take what was compiled last, and say so; compile asks for a name', async () => {
  await run(init, ['a']);
  expect(note).toBe('next: dnc compile && dnc train\n');
  note = '';
  await run(init, ['b']);
  expect(note).toBe('next: dnc compile b.dn && dnc train b.dn\n');
  expect(await codeOf(run(compile))).toBe('2 several-specs-here');
  for (const command of [summary, train]) expect(await codeOf(run(command))).toBe('2 several-specs-here');
  await run(compile, ['b.dn'], { set: ['train.epochs=2'] });
  expect(await codeOf(run(compile))).toBe('2 several-specs-here');
  note = '';
  expect(await currentSpec(undefined, { set: ['train.seed=1'] }, io, 'train')).toEqual({
    file: 'b.dn',
    sets: ['train.epochs=2', 'train.seed=1'],
  });
  expect(note).toBe('b.dn is taken as it was compiled last here, with --set train.epochs=2\n');
  await run(compile, ['b.dn']);
  note = '';
  expect(await currentSpec(undefined, {}, io, 'train')).toEqual({ file: 'b.dn', sets: [] });
  expect(note).toBe('b.dn is taken, which was compiled last here\n');
  expect(await currentSpec('a.dn', {}, io, 'train')).toEqual({ file: 'a.dn', sets: [] });
});

test('what is set for one training is not set for the next one; what is set for compiling is, and is told', async () => {
  await run(init, ['net']);
  const set = [
    'train.epochs=1',
    'data.source.train=100',
    'data.source.test=20',
    'data.validation=10',
    'simplify.threshold=0',
  ];
  expect(await run(train, [], { set, out: 'first', engine: 'tfjs-wasm' })).toBe(0);
  note = '';
  expect(await currentSpec(undefined, {}, io, 'train')).toEqual({ file: 'net.dn', sets: [] });
  expect(note).toBe('');
  await run(compile, [], { set: ['train.epochs=2'] });
  note = '';
  expect(await currentSpec(undefined, {}, io, 'train')).toEqual({ file: 'net.dn', sets: ['train.epochs=2'] });
  expect(note).toBe('net.dn is taken as it was compiled last here, with --set train.epochs=2\n');
});

test('init refuses the ending of another kind of file', async () => {
  await expect(run(init, ['x.txt'])).rejects.toThrow("a spec's name ends in .dn or .yaml, not .txt: dnc init x.dn");
  expect(existsSync('x.txt.dn')).toBe(false);
});

test('a folder of --data-dir that is not there is an error whatever the spec needs', async () => {
  await run(init, ['net']);
  for (const command of [check, compile, train, summary])
    expect(await codeOf(run(command, [command === check ? ['net.dn'] : 'net.dn'], { dataDir: 'gone' }))).toBe(
      '4 file-missing',
    );
  expect(await codeOf(run(check, [['net.dn']], { dataDir: 'net.dn' }))).toBe('4 file-unreadable');
  expect(await run(check, [['net.dn']], { dataDir: '.' })).toBe(0);
});

test("Keras' old name of the learning rate is understood, in both syntaxes", async () => {
  for (const file of ['net.dn', 'net.yaml']) {
    await run(init, [file]);
    const text = readFileSync(file, 'utf8');
    const wrong = text.replace(/learning_rate(?=:)/, 'lr');
    expect(wrong).not.toBe(text);
    writeFileSync(file, wrong);
    note = '';
    expect(await run(check, [[file]])).toBe(3);
    expect(note, file).toContain('did you mean `learning_rate`?');
  }
});

test('what is no text, or no spec by its length, is told as that', async () => {
  writeFileSync('net.dn', 'mod\0el');
  expect(await codeOf(run(compile, ['net.dn']))).toBe('4 spec-not-text');
  writeFileSync('long.dn', '#'.repeat(2 ** 24 + 1));
  expect(await codeOf(run(compile, ['long.dn']))).toBe('4 file-too-large');
});

test('fmt --check and --stdout contradict each other', async () => {
  await run(init, ['net']);
  await expect(run(fmt, [[]], { check: true, stdout: true })).rejects.toThrow('give one of them');
});

test('runs with a folder says which action is meant', async () => {
  mkdirSync('runs/net/first', { recursive: true });
  writeFileSync('runs/net/first/run.json', '{}');
  const first = path.join('runs', 'net', 'first');
  await expect(run(runs, [first, []])).rejects.toThrow(`to see this run: dnc runs show ${first}`);
  await expect(run(runs, ['runs', []])).rejects.toThrow('to list the runs there: dnc runs ls runs');
  await expect(run(runs, ['lss', []])).rejects.toThrow(/not lss$/);
});
