import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, dnc, root } from '../support/cli.js';
import { makeTemporaryFolder, removeFolder } from '../support/folders.js';

// What a command reads before it does anything is most of what it takes. No time is measured: files and bytes are counted.

let folder: string;
beforeAll(() => {
  folder = makeTemporaryFolder();
});
afterAll(() => removeFolder(folder));

const spec = (name: string) => path.join(root, 'specs', name);
const lenet = spec('lenet-300-100.dn');

/** The files of dnc that a command loads, by their names without the hash, with their bytes. Node lists them for a report of coverage. */
async function loaded(words: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const lists = path.join(folder, words.join('-').replaceAll(/\W+/g, '-'));
  const { code, stderr } = await dnc(words, { cwd: folder, env: { NODE_V8_COVERAGE: lists } });
  expect(code, stderr).toBe(0);
  const scripts = readdirSync(lists).flatMap(
    (name) => (JSON.parse(readFileSync(path.join(lists, name), 'utf8')) as { result: { url: string }[] }).result,
  );
  const files = scripts
    .map(({ url }) => (url.startsWith('file:') ? fileURLToPath(url) : ''))
    .filter((file) => file.startsWith(path.dirname(cli) + path.sep));
  return new Map(files.map((file) => [path.basename(file, '.js').replace(/-[\w-]{8}$/, ''), statSync(file).size]));
}

/** Those that it takes time to read. */
function large(files: ReadonlyMap<string, number>): readonly string[] {
  return [...files].flatMap(([name, bytes]) => (bytes > 20_000 ? [name] : [])).sort();
}

function total(files: ReadonlyMap<string, number>): number {
  return [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
}

describe('a command loads what it needs', () => {
  test('--version: no more than the commands themselves', async () => {
    expect(large(await loaded(['--version']))).toEqual(['base', 'start']);
  });

  test('fmt: the reader of texts, and for YAML alone the words of the language', async () => {
    const files = await loaded(['fmt', '--check', lenet]);
    expect(large(files)).toEqual(['base', 'start', 'text']);
    expect(total(files)).toBeLessThan(500_000);
    expect([...(await loaded(['fmt', '--check', spec('lenet-300-100.yaml')])).keys()]).toContain('words');
  });

  test.each([
    ['check', ['check', lenet]],
    ['diff', ['diff', lenet, lenet]],
  ])('%s: no engine, no training, no shrinking, nothing that writes', async (_, words) => {
    const files = await loaded(words);
    expect(large(files)).toEqual(['base', 'compile', 'start', 'text', 'words']);
    // Words of the language may make it grow; a jump has another reason.
    expect(total(files)).toBeLessThan(1_700_000);
    // Finding a file takes as long as reading a large one.
    expect(files.size).toBeLessThan(24);
  });
});
