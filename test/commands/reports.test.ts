import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Io, type Options, UsageError } from '../../src/commands/command.js';
import { diff } from '../../src/commands/diff.js';
import { report } from '../../src/commands/report.js';
import { runs } from '../../src/commands/runs.js';
import { failureOf } from '../data/failure.js';
import { makeTemporaryFolder, removeFolder } from '../support/folders.js';
import { problemsOf } from '../support/html.js';
import { run } from '../support/runs.js';
import { tinySpec } from '../support/specs.js';

let folder: string;
let made: string;

beforeAll(async () => {
  folder = makeTemporaryFolder();
  const { out } = await run(folder, 'made', tinySpec({ first: 1, second: 1, finetune: 1 }), Number.POSITIVE_INFINITY);
  made = path.join(folder, 'runs', 'net', '20260101-000000-aaaaaaaa');
  mkdirSync(path.dirname(made));
  cpSync(out, made, { recursive: true });
  removeFolder(out);
}, 60_000);

afterAll(() => removeFolder(folder));

/** What a call of a command prints. */
async function call(
  command: typeof report,
  parameters: readonly unknown[],
  options: Options = {},
  outColour = false,
): Promise<{ out: string; notes: string; exit: number }> {
  let [out, notes] = ['', ''];
  const io: Io = {
    out: (text) => (out += text),
    note: (text) => (notes += text),
    status: () => {},
    terminal: false,
    colour: false,
    outColour,
  };
  const exit = await command.run({ parameters: parameters as readonly (string | undefined)[], options, io });
  return { out, notes, exit };
}

describe('dnc report', () => {
  test('writes the page into the folder of the run, and says where', async () => {
    const { out } = await call(report, [made]);
    expect(out).toBe(`${path.join(made, 'report.html')}\n`);
    expect(problemsOf(readFileSync(path.join(made, 'report.html'), 'utf8'))).toEqual([]);
  });

  test.each([
    ['a folder of runs', () => path.join(folder, 'runs')],
    ['a folder of specs', () => folder],
    ['a spec', () => path.join(folder, 'net.dn')],
    ['the spec that a run made', () => path.join(made, 'net.min.dn')],
  ])('takes %s for its newest run', async (_, given) => {
    const { out } = await call(report, [given()], { json: true });
    expect(JSON.parse(out)).toMatchObject({ format: 1, run: { folder: made, state: 'finished' } });
  });

  test('gives data instead of a page, or both', async () => {
    const file = path.join(folder, 'both.html');
    const { out, notes } = await call(report, [made], { json: true, out: file });
    expect(JSON.parse(out).kernels).toHaveLength(3);
    expect(notes).toBe(`${file}\n`);
    expect(existsSync(file)).toBe(true);
  });

  test('writes pictures beside it', async () => {
    const { out } = await call(report, [made], { pictures: path.join(folder, 'pictures') });
    const files = out.trim().split('\n');
    expect(files).toHaveLength(1 + 3);
    expect(files.every((file) => existsSync(file))).toBe(true);
  });

  test('a folder without a run is an error that says what to do', async () => {
    const empty = path.join(folder, 'empty');
    mkdirSync(empty, { recursive: true });
    const { text, help } = await failureOf(() => call(report, [empty]));
    expect(text).toContain('no-run');
    expect(help).toContain('make one: dnc train');
    expect((await failureOf(() => call(report, [path.join(folder, 'nothing')]))).text).toContain('no-run');
  });
});

describe('dnc diff', () => {
  const two = () => [path.join(folder, 'net.dn'), made];

  test('speaks text, json, md and html', async () => {
    expect((await call(diff, two(), { format: 'text' })).out).toMatch(/^~ changed .*\n--- /);
    expect(JSON.parse((await call(diff, two(), { format: 'json' })).out)).toMatchObject({ format: 1, same: false });
    expect((await call(diff, two(), { format: 'md' })).out).toMatch(/^### Tiny: `/);
    expect(problemsOf((await call(diff, two(), { format: 'html' })).out)).toEqual([]);
    await expect(call(diff, two(), { format: 'svg' })).rejects.toThrow('--format takes text, json, md, html, not svg');
    await expect(call(diff, two(), { format: 'toString' })).rejects.toThrow(UsageError);
  });

  test('colours text where stdout may have colours, and nothing else', async () => {
    const code = '\u001b[';
    expect((await call(diff, two(), {}, true)).out).toContain(code);
    expect((await call(diff, two(), {}, false)).out).not.toContain(code);
    for (const format of ['json', 'md', 'html'])
      expect((await call(diff, two(), { format }, true)).out).not.toContain(code);
  });
});

describe('dnc runs', () => {
  test('lists, as a table and as data', async () => {
    const { out } = await call(runs, [undefined, [folder]]);
    expect(out.split('\n')).toHaveLength(3);
    expect(out).toContain(made);
    const { out: json } = await call(runs, ['ls', [folder]], { json: true });
    expect(JSON.parse(json)).toMatchObject({
      format: 1,
      runs: [{ folder: made, name: 'net', state: 'finished', epochs: 3 }],
    });
  });

  test('says where there are none', async () => {
    const empty = path.join(folder, 'none');
    mkdirSync(empty, { recursive: true });
    expect(await call(runs, ['ls', [empty]])).toMatchObject({ out: '', notes: expect.stringContaining('no runs in') });
    expect((await failureOf(() => call(runs, ['ls', [path.join(folder, 'nothing')]]))).text).toContain('no-run');
  });

  test('shows one', async () => {
    expect((await call(runs, ['show', [made]])).out).toMatch(/^state +finished$/m);
    expect(JSON.parse((await call(runs, ['show', [folder]], { json: true })).out)).toMatchObject({
      folder: made,
      report: { format: 1 },
    });
  });

  test('removes what is named or too many, and says so; a dry run says the same and removes nothing', async () => {
    const copy = path.join(path.dirname(made), '20250101-000000-bbbbbbbb');
    cpSync(made, copy, { recursive: true });
    const dry = await call(runs, ['rm', [path.join(folder, 'runs')]], { keep: '1', dryRun: true });
    expect(dry.out).toMatch(/^would remove .*20250101-000000-bbbbbbbb \(\S+ kB\)\n$/);
    expect(existsSync(copy)).toBe(true);
    const { out } = await call(runs, ['rm', [path.join(folder, 'runs')]], { keep: '1' });
    expect(out).toBe(dry.out.replace('would remove', 'removed'));
    expect(existsSync(copy)).toBe(false);
    cpSync(made, copy, { recursive: true });
    const json = JSON.parse((await call(runs, ['rm', [copy]], { json: true })).out);
    expect(json).toMatchObject({ format: 1, dry_run: false, removed: [{ bytes: expect.any(Number) }] });
    expect(existsSync(copy)).toBe(false);
    expect(existsSync(made)).toBe(true);
  });

  test('what cannot be meant is a usage error, and removes nothing', async () => {
    await expect(call(runs, ['rm', []])).rejects.toThrow('takes the runs to remove, or --keep');
    await expect(call(runs, ['rm', [folder]], { keep: '-1' })).rejects.toThrow('--keep takes a whole number');
    await expect(call(runs, ['ls', [folder]], { force: true })).rejects.toThrow('--force belongs to dnc runs rm');
    await expect(call(runs, ['remove', [made]])).rejects.toThrow('takes ls, show or rm, not remove');
    await expect(call(runs, ['show', [made, made]])).rejects.toThrow('takes one run');
    writeFileSync(path.join(made, 'lock'), `${process.ppid}\n`);
    expect((await failureOf(() => call(runs, ['rm', [made]]))).exit).toBe(5);
    expect(existsSync(made)).toBe(true);
  });
});
