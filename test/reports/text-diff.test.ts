import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textDiff } from '../../src/reports/text-diff.js';
import { Random, seed } from '../program/support.js';
import { makeTemporaryFolder, removeFolder } from '../support/folders.js';

let folder: string;
beforeAll(() => {
  folder = makeTemporaryFolder();
});
afterAll(() => removeFolder(folder));

function diff(before: readonly string[], after: readonly string[]): string {
  const files = [path.join(folder, 'before'), path.join(folder, 'after')] as const;
  writeFileSync(files[0], before.map((line) => `${line}\n`).join(''));
  writeFileSync(files[1], after.map((line) => `${line}\n`).join(''));
  return textDiff(...files);
}

describe('textDiff', () => {
  const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'];

  test('shows a changed line with two lines around it', () => {
    expect(
      diff(
        letters,
        letters.map((line) => (line === 'f' ? 'F' : line)),
      ),
    ).toBe(' d\n e\n-f\n+F\n g\n h\n');
  });

  test('parts changes that are far from each other', () => {
    const after = letters.map((line) => (line === 'b' || line === 'k' ? line.toUpperCase() : line));
    expect(diff(letters, after)).toBe(' a\n-b\n+B\n c\n d\n@@\n i\n j\n-k\n+K\n l\n');
  });

  test('joins changes that are near each other', () => {
    const after = letters.map((line) => (line === 'd' || line === 'g' ? line.toUpperCase() : line));
    expect(diff(letters, after)).toBe(' b\n c\n-d\n+D\n e\n f\n-g\n+G\n h\n i\n');
  });

  test('shows lines that come and go', () => {
    expect(diff(['a', 'b'], ['new', 'a', 'b'])).toBe('+new\n a\n b\n');
    expect(diff(['old', 'a', 'b'], ['a', 'b'])).toBe('-old\n a\n b\n');
    expect(diff([], ['a'])).toBe('+a\n');
  });

  test('is empty where nothing changed', () => expect(diff(letters, letters)).toBe(''));

  test(`shows as little as there is, and nothing that is not there (seed ${seed})`, () => {
    const random = new Random('text diff');
    for (let trial = 0; trial < 60; trial++) {
      const [before = [], after = []] = [0, 1].map(() =>
        Array.from({ length: random.int(0, 6) }, () => random.pick(['a', 'b', 'c'])),
      );
      const lines = diff(before, after).split('\n').slice(0, -1);
      const changed = lines.filter((line) => line[0] === '-' || line[0] === '+');
      expect(changed).toHaveLength(before.length + after.length - 2 * commonLength(before, after));
      // What is shown of one text, between gaps, stands there in this order.
      for (const [sign, whole] of [
        ['-', before],
        ['+', after],
      ] as const) {
        const shown = lines.filter((line) => line[0] === ' ' || line[0] === sign).map((line) => line.slice(1));
        expect(commonLength(shown, whole)).toBe(shown.length);
      }
    }
  });
});

/** Longest common subsequence by trying everything. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  const [x, ...restOfA] = a;
  const [y, ...restOfB] = b;
  if (x === y) return 1 + commonLength(restOfA, restOfB);
  return Math.max(commonLength(restOfA, b), commonLength(a, restOfB));
}
