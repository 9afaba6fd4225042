import { expect, test } from 'vitest';
import { dropnet } from '../../src/sparsity/dropnet.js';
import { withDefaults } from '../parity/support.js';
import { deadUnits, drawn, hostSites, moment, placed, tensor, zeros } from './hosts.js';

const two = [
  { layer: 'a', shape: [2, 5], kernel: drawn(10, 1), bias: [1, 2, 3, 4, 5] },
  { layer: 'b', shape: [2, 5], kernel: drawn(10, 2) },
];
/** One row: means of |activation|. */
const writes = { a: tensor([1, 5], [5, -6, 7, 8, 9]), b: tensor([1, 5], [1, 2, 3, -4, 10]) };

test('the lowest mean activations of the model go at the end of a cycle, and the network begins again', async () => {
  const sites = hostSites('dropnet', { cycle: 2, drop: 0.3 }, two);
  expect(await dropnet.advance!(moment(sites, { epoch: 0, writes }))).toEqual({});
  expect(await dropnet.advance!(moment(sites, { epoch: 1, writes }))).toEqual({});
  expect(sites.map(({ kernel }) => zeros(kernel))).toEqual([0, 0]);
  expect(await dropnet.advance!(moment(sites, { epoch: 2, writes }))).toEqual({ begins: 'as before training' });
  expect(sites.map(deadUnits)).toEqual([[], [0, 1, 2]]);
  // Of seven that are left ⌊2.1⌋, and of the five after those one.
  await dropnet.advance!(moment(sites, { epoch: 4, writes }));
  expect(sites.map(deadUnits)).toEqual([[0], [0, 1, 2, 3]]);
  expect([...sites[0]!.bias!]).toEqual([0, 2, 3, 4, 5]);
  await dropnet.advance!(moment(sites, { epoch: 6, writes }));
  expect(sites.map(deadUnits)).toEqual([
    [0, 1],
    [0, 1, 2, 3],
  ]);
});

test('by layer each loses its share, and what stays is what is asked for', async () => {
  const args = { cycle: 1, drop: 0.4, by: 'minimum_layer', left: 0.5, weights: 'fresh' };
  const sites = hostSites('dropnet', args, two);
  expect(await dropnet.advance!(moment(sites, { epoch: 1, writes }))).toEqual({ begins: 'newly drawn' });
  expect(sites.map(deadUnits)).toEqual([
    [0, 1],
    [0, 1],
  ]);
  // Half of five is three.
  expect(await dropnet.advance!(moment(sites, { epoch: 2, writes }))).toEqual({});
  expect(sites.map(deadUnits)).toEqual([
    [0, 1],
    [0, 1],
  ]);
});

test('nothing goes where training ends, for nothing would be trained after it', async () => {
  const sites = hostSites('dropnet', { cycle: 1 }, two);
  expect(await dropnet.advance!(moment(sites, { epoch: 3, last: true, writes }))).toEqual({});
  expect(sites.map(({ kernel }) => zeros(kernel))).toEqual([0, 0]);
});

test('weights may be kept, and the random baselines ask for no rows', async () => {
  const of = async (seed: number, by = 'random') => {
    const sites = hostSites('dropnet', { cycle: 1, drop: 0.4, by, weights: 'keep' }, two);
    expect(await dropnet.advance!(moment(sites, { epoch: 1, seed }))).toEqual({});
    return sites.map(deadUnits);
  };
  const seeds = Array.from({ length: 20 }, (_, seed) => seed);
  const all = await Promise.all(seeds.map((seed) => of(seed)));
  expect(all.every((dead) => dead.flat().length === 4)).toBe(true);
  expect(new Set(all.map(String)).size).toBeGreaterThan(10);
  expect(await of(3)).toEqual(all[3]);
  expect((await of(1, 'random_layer')).map(({ length }) => length)).toEqual([2, 2]);
});

test('what makes no sense', () => {
  const refused = (phases: readonly string[], others: readonly string[]) =>
    dropnet.refuses!(
      withDefaults(dropnet, { cycle: 1 }) as never,
      placed({ phases, others, holding: others.filter((word) => word !== 'l1') }),
    );
  expect(refused(['finetune'], [])).toMatch(/before the fine-tuning/);
  expect(refused(['train'], ['l1', 'prune_large'])).toMatch(/@prune_large of the same layer/);
  expect(refused(['train'], ['l1', 'magnitude'])).toMatch(/@magnitude/);
  expect(refused(['train'], ['l1'])).toBeUndefined();
});
