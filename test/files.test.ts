import fs, { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { PartialFile } from '../src/data/fetch/files.js';
import { makeFolder, makeFolders, replaceFolder, writeAtomically } from '../src/files.js';
import { failureOf } from './data/failure.js';
import { temporaryFolder } from './support/folders.js';

test('makes what is missing on the way, and is content with what is there', () => {
  const root = temporaryFolder();
  mkdirSync(path.join(root, 'a'));
  for (let again = 0; again < 2; again++) makeFolders(path.join(root, 'a/b/c'));
  expect(existsSync(path.join(root, 'a/b/c'))).toBe(true);
});

test('a file in the way is told', async () => {
  const file = path.join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  expect((await failureOf(async () => makeFolder(path.join(file, 'below/it')))).exit).toBe(5);
  expect((await failureOf(async () => makeFolder(file))).exit).toBe(5);
});

test.skipIf(process.platform !== 'linux')('where nobody can make folders it fails at once', async () => {
  for (const folder of ['/proc/dnc-test', '/proc/dnc-test/below'])
    expect(await failureOf(async () => makeFolder(folder))).toMatchObject({ exit: 5 });
});

/** The calls that decide what is left after a power cut, in their order: `sync name` and `rename name`. */
function durableCalls(work: () => void): string[] {
  const calls: string[] = [];
  const names = new Map<number, string>();
  const before = { openSync: fs.openSync, fsyncSync: fs.fsyncSync, renameSync: fs.renameSync };
  fs.openSync = ((file: string, ...rest: [string]) => {
    const descriptor = before.openSync(file, ...rest);
    names.set(descriptor, path.basename(file));
    return descriptor;
  }) as typeof fs.openSync;
  fs.fsyncSync = (descriptor) => {
    calls.push(`sync ${names.get(descriptor)}`);
    before.fsyncSync(descriptor);
  };
  fs.renameSync = (from, to) => {
    calls.push(`rename ${path.basename(String(from))}`);
    before.renameSync(from, to);
  };
  syncBuiltinESMExports();
  try {
    work();
  } finally {
    Object.assign(fs, before);
    syncBuiltinESMExports();
  }
  return calls;
}

describe.skipIf(process.platform === 'win32')('what gets its name is on the disk before, and its name after', () => {
  test('a file', () => {
    const root = temporaryFolder();
    const part = `.a.txt.${process.pid}.part`;
    expect(durableCalls(() => writeAtomically(path.join(root, 'a.txt'), 'a'))).toEqual([
      `sync ${part}`,
      `rename ${part}`,
      `sync ${path.basename(root)}`,
    ]);
  });

  test('a folder', () => {
    const root = temporaryFolder();
    expect(durableCalls(() => replaceFolder(path.join(root, 'a'), { x: 'x', y: 'y' }))).toEqual([
      'sync x',
      'sync y',
      'sync a.part',
      'rename a.part',
      `sync ${path.basename(root)}`,
    ]);
  });

  test('a file that was fetched', () => {
    const file = new PartialFile(path.join(temporaryFolder(), 'a'));
    file.open();
    file.write(Buffer.from('a'));
    file.close();
    expect(
      durableCalls(() => {
        file.open();
        file.finish();
      }),
    ).toEqual(['sync a.part', 'rename a.part']);
  });
});
