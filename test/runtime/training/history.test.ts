import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { History } from '../../../src/runtime/training/history.js';
import { failureOf } from '../../data/failure.js';
import { temporaryFolder } from '../../support/folders.js';

test('a history grows line by line and is cut back to where a checkpoint was made', () => {
  const file = path.join(temporaryFolder(), 'history.jsonl');
  const history = new History(file);
  expect(history.length).toBe(0);
  history.append({ epoch: 1 });
  const { length } = history;
  history.append({ epoch: 2, name: 'ü' });
  expect(readFileSync(file, 'utf8')).toBe('{"epoch":1}\n{"epoch":2,"name":"ü"}\n');
  history.cut(length);
  expect(readFileSync(file, 'utf8')).toBe('{"epoch":1}\n');
  history.append({ epoch: 3 });
  expect(readFileSync(file, 'utf8')).toBe('{"epoch":1}\n{"epoch":3}\n');
});

test('cutting back to nothing makes no file', () => {
  const file = path.join(temporaryFolder(), 'history.jsonl');
  new History(file).cut(0);
  expect(existsSync(file)).toBe(false);
});

test('a history that cannot be written is exit code 5 and names the file', async () => {
  const file = path.join(temporaryFolder(), 'none', 'history.jsonl');
  const { text, exit } = await failureOf(() => new History(file).append({}));
  expect(exit).toBe(5);
  expect(text).toBe(`cannot-write: cannot write ${file}: its folder does not exist`);
});

test('rows are forgotten from the first one on that is not wanted or not whole', () => {
  const file = path.join(temporaryFolder(), 'timing.jsonl');
  const timing = new History(file);
  timing.cutFrom(() => true);
  expect(existsSync(file)).toBe(false);
  for (const epoch of [1, 2, 3]) timing.append({ epoch, name: 'ü' });
  timing.cutFrom(({ epoch }) => (epoch as number) <= 2);
  expect(readFileSync(file, 'utf8')).toBe('{"epoch":1,"name":"ü"}\n{"epoch":2,"name":"ü"}\n');
  appendFileSync(file, '{"epoch":');
  timing.cutFrom(({ epoch }) => typeof epoch === 'number');
  expect(readFileSync(file, 'utf8')).toBe('{"epoch":1,"name":"ü"}\n{"epoch":2,"name":"ü"}\n');
  appendFileSync(file, 'x\n{"epoch":3}\n');
  timing.cutFrom(({ epoch }) => typeof epoch === 'number');
  expect(readFileSync(file, 'utf8')).toBe('{"epoch":1,"name":"ü"}\n{"epoch":2,"name":"ü"}\n');
});
