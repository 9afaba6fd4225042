import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
// @ts-expect-error scripts are plain JavaScript
import { bundled as untyped } from '../../../scripts/bundled.mjs';
import { releaseLock, takeLock } from '../../../src/runtime/run/lock.js';
import { temporaryFolder } from '../../support/folders.js';

const bundled = untyped as (entry: string) => Promise<string>;

test('a lock is had once, also within one process, and an earlier process of the same number does not have it', () => {
  const lock = path.join(temporaryFolder(), 'lock');
  writeFileSync(lock, `${process.pid}\n`);
  expect(takeLock(lock)).toBeUndefined();
  expect(readFileSync(lock, 'utf8')).toBe(`${process.pid}\n`);
  expect(takeLock(lock)).toBe(process.pid);
  releaseLock(lock);
  expect(existsSync(lock)).toBe(false);
  expect(takeLock(lock)).toBeUndefined();
  releaseLock(lock);
  expect(readdirSync(path.dirname(lock))).toEqual([]);
});

test('a takeover that was killed halfway is taken over, too', () => {
  const lock = path.join(temporaryFolder(), 'lock');
  writeFileSync(lock, '999999999\n');
  writeFileSync(path.join(path.dirname(lock), '.lock.takeover'), '999999999\n');
  expect(takeLock(lock)).toBeUndefined();
  expect(readdirSync(path.dirname(lock))).toEqual(['lock']);
});

test('of several processes that find a lock without a living process, one has it at a time', async () => {
  const program = await bundled('test/runtime/run/lock-contender.ts');
  const lock = path.join(temporaryFolder(), 'lock');
  writeFileSync(lock, '999999999\n');
  const contenders = Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, [program, lock, '60']));
  // One that finds another inside ends with an error.
  for (const { stderr } of await Promise.all(contenders)) expect(stderr).toBe('');
});
