import { expect, test } from 'vitest';
import { pruneLarge } from '../../src/sparsity/prune-large.js';
import { withDefaults } from '../parity/support.js';
import { hostSites, moment, placed, zeros } from './hosts.js';

const kernel = Array.from({ length: 100 }, (_, k) => (k % 2 ? 1 : -1) * (((k * 37) % 100) + 1));

test('the largest go first, then the smallest, as many as the schedule has at every epoch', async () => {
  const args = { rate: 0.8, large: 0.2, begin: 1, turn: 3, end: 6 };
  const [site] = hostSites('prune_large', args, [{ shape: [10, 10], kernel }]);
  const counts: number[] = [];
  for (let epoch = 0; epoch <= 8; epoch++) {
    await pruneLarge.advance!(moment([site!], { epoch }));
    counts.push(zeros(site!.kernel));
    const sizes = [...site!.kernel].map(Math.abs).filter((size) => size > 0);
    // Sizes were 1 to 100.
    const gone = epoch < 3 ? counts[epoch]! : 20;
    expect(Math.max(...sizes)).toBe(100 - gone);
    expect(Math.min(...sizes)).toBe(1 + counts[epoch]! - gone);
  }
  expect(counts).toEqual([0, 0, 10, 20, 40, 60, 80, 80, 80]);
});

test('thirds of the phase where nothing is said, and weights removed on the way count', async () => {
  const [site] = hostSites('prune_large', {}, [{ shape: [10, 10], kernel }]);
  const counts: number[] = [];
  for (let epoch = 0; epoch <= 6; epoch++) {
    await pruneLarge.advance!(moment([site!], { epoch, epochs: 6 }));
    counts.push(zeros(site!.kernel));
  }
  expect(counts).toEqual([0, 5, 10, 47, 85, 85, 85]);
  const [left] = hostSites('prune_large', {}, [
    { shape: [5, 10], kernel: kernel.slice(50), whole: { weights: 100, units: 10 } },
  ]);
  await pruneLarge.advance!(moment([left!], { epoch: 4, epochs: 6 }));
  expect(zeros(left!.kernel)).toBe(35);
});

test('what makes no sense', () => {
  const refused = (args: Readonly<Record<string, unknown>>, others: readonly string[] = []) =>
    pruneLarge.refuses!(
      withDefaults(pruneLarge, args) as never,
      placed({ others, holding: others.filter((word) => word !== 'l2') }),
    );
  expect(refused({ rate: 0.1, large: 0.2 })).toMatch(/only 0.1 become 0/);
  expect(refused({ begin: 3, turn: 3 })).toMatch(/from epoch 3 to epoch 3/);
  expect(refused({ turn: 4, end: 4 })).toMatch(/from epoch 4 to epoch 4/);
  expect(refused({}, ['dsd'])).toMatch(/@dsd/);
  expect(refused({ begin: 2, turn: 3, end: 4 }, ['l2'])).toBeUndefined();
});
