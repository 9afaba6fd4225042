import { expect, test } from 'vitest';
import { foldIn, keyOf, threefryBlocks } from '../../src/random/threefry.js';

function encrypt(counter: readonly [number, number], key: readonly [number, number]): string {
  const out = new Int32Array(2);
  threefryBlocks({ high: key[0], low: key[1] }, counter[0], counter[1], 1, out);
  return [...out].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join(' ');
}

// Random123's kat_vectors, "threefry2x32 20"; JAX's own test suite holds the same three.
test.each([
  [[0, 0], [0, 0], '6b200159 99ba4efe'],
  [[0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '1cb996fc bb002be7'],
  [[0x243f6a88, 0x85a308d3], [0x13198a2e, 0x03707344], 'c4923a9c 483df7a0'],
] as const)('Threefry-2x32-20 of %j under %j', (counter, key, expected) => {
  expect(encrypt(counter, key)).toBe(expected);
});

test('many blocks at once are the blocks one by one', () => {
  const key = { high: 0x1234567, low: -5 };
  const many = new Int32Array(2 * 100);
  threefryBlocks(key, 7, -50, 100, many);
  for (let block = 0; block < 100; block++) {
    const one = new Int32Array(2);
    threefryBlocks(key, 7, -50 + block, 1, one);
    expect([...many.subarray(2 * block, 2 * block + 2)]).toEqual([...one]);
  }
});

test('a seed is split into its upper and lower 32 bits', () => {
  expect(keyOf(7)).toEqual({ high: 0, low: 7 });
  expect(keyOf(3 * 2 ** 32 + 5)).toEqual({ high: 3, low: 5 });
  expect(keyOf(0xffffffff)).toEqual({ high: 0, low: -1 });
  for (const bad of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => keyOf(bad)).toThrow('a seed is a whole number');
});

test('folding a word in is the block (0, word) of the key', () => {
  const key = foldIn({ high: 0, low: 0 }, 0);
  expect([key.high >>> 0, key.low >>> 0]).toEqual([0x6b200159, 0x99ba4efe]);
});

// Drawn with JAX 0.10.2: fold_in three times from jax.random.PRNGKey(7), then jax.extend.random.threefry_2x32 of the counters (0, 0) … (0, 3).
test('keys and words are those of JAX', () => {
  const key = foldIn(foldIn(foldIn(keyOf(7), 0xdeadbeef), 3), 11);
  expect([key.high >>> 0, key.low >>> 0]).toEqual([0x898242e2, 0xfb3833ec]);
  const out = new Int32Array(8);
  threefryBlocks(key, 0, 0, 4, out);
  expect([0, 2, 4, 6].map((k) => out[k]! >>> 0)).toEqual([2192543133, 3920668420, 623054554, 2800868704]);
  expect([1, 3, 5, 7].map((k) => out[k]! >>> 0)).toEqual([2298132271, 2164651246, 1099274886, 2599071980]);
});
