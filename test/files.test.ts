import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, makeFolders } from '../src/files.js';
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
