import { describe, expect, test } from 'vitest';
import { magnitude } from '../../src/sparsity/magnitude.js';
import type { Placed } from '../../src/sparsity/method.js';
import { withDefaults } from '../parity/support.js';
import { deadUnits, drawn, hostSites, moment, placed, tensor, zeros } from './hosts.js';

const dense = (inputs: number, units: number, seed: number) => ({
  shape: [inputs, units],
  kernel: drawn(inputs * units, seed),
});

describe('weights', () => {
  test('the smallest go after training, of each layer or of the model', async () => {
    const given = [
      { shape: [2, 4], kernel: [1, -2, 3, -4, 5, -6, 7, -8] },
      { shape: [2, 2], kernel: [10, 20, -0.5, 30] },
    ];
    const apart = hostSites('magnitude', { rate: 0.5 }, given);
    await magnitude.select!(moment(apart, {}));
    expect(apart.map(({ kernel }) => [...kernel])).toEqual([
      [0, 0, 0, 0, 5, -6, 7, -8],
      [0, 20, 0, 30],
    ]);
    const together = hostSites('magnitude', { rate: 0.5, scope: 'model' }, given);
    await magnitude.select!(moment(together, {}));
    expect(together.map(({ kernel }) => [...kernel])).toEqual([
      [0, 0, 0, 0, 0, -6, 7, -8],
      [10, 20, 0, 30],
    ]);
  });

  test('two annotations are of two models', async () => {
    const sites = [
      ...hostSites('magnitude', { rate: 0.5, scope: 'model' }, [{ shape: [2, 1], kernel: [1, 2] }]),
      ...hostSites('magnitude', { rate: 0.25, scope: 'model' }, [{ shape: [4, 1], kernel: [0.1, 0.2, 0.3, 0.4] }]),
    ];
    await magnitude.select!(moment(sites, {}));
    expect(sites.map(({ kernel }) => zeros(kernel))).toEqual([1, 1]);
  });

  test.each(['linear', 'polynomial'])(
    'schedule %s has its share of zeros at the end of every epoch',
    async (schedule) => {
      const args = { rate: 0.9, schedule, begin: 2, end: 7, during: 'train' };
      const [site] = hostSites('magnitude', args, [dense(20, 10, 1)]);
      const counts: number[] = [];
      for (let epoch = 0; epoch <= 10; epoch++) {
        await magnitude.advance!(moment([site!], { epoch }));
        counts.push(zeros(site!.kernel));
      }
      // 200 · 0.9 · t, or · (1 − (1 − t)³), t from 0 to 1 in fifths, by hand.
      expect(counts).toEqual(
        schedule === 'linear'
          ? [0, 0, 0, 36, 72, 108, 144, 180, 180, 180, 180]
          : [0, 0, 0, 87, 141, 168, 178, 180, 180, 180, 180],
      );
      await magnitude.select!(moment([site!], {}));
      expect(zeros(site!.kernel)).toBe(180);
    },
  );

  test('rises in the first half of a phase where no end is given', async () => {
    const [site] = hostSites('magnitude', { rate: 0.5, schedule: 'linear' }, [dense(10, 10, 2)]);
    const counts: number[] = [];
    for (let epoch = 0; epoch <= 5; epoch++) {
      await magnitude.advance!(moment([site!], { epoch, epochs: 5 }));
      counts.push(zeros(site!.kernel));
    }
    expect(counts).toEqual([0, 16, 33, 50, 50, 50]);
  });

  test('zeros that are there count, and so do weights that were removed on the way', async () => {
    const kernel = drawn(100, 3).map((value, k) => (k < 30 ? 0 : value));
    const [site] = hostSites('magnitude', { rate: 0.4 }, [{ shape: [10, 10], kernel }]);
    await magnitude.select!(moment([site!], {}));
    expect(zeros(site!.kernel)).toBe(40);
    expect(site!.kernel.slice(0, 30).every((value) => value === 0)).toBe(true);
    const [left] = hostSites('magnitude', { rate: 0.4 }, [{ ...dense(10, 7, 4), whole: { weights: 100, units: 10 } }]);
    await magnitude.select!(moment([left!], {}));
    expect(zeros(left!.kernel)).toBe(10);
  });

  test('one shot with a phase is at its beginning', async () => {
    const [site] = hostSites('magnitude', { rate: 0.5, during: 'sparse' }, [dense(4, 4, 5)]);
    await magnitude.advance!(moment([site!], { epoch: 1 }));
    expect(zeros(site!.kernel)).toBe(0);
    await magnitude.advance!(moment([site!], { epoch: 0 }));
    expect(zeros(site!.kernel)).toBe(8);
  });
});

describe('units', () => {
  // Columns (1, 1), (0, 1.2), (-3, 0): l1 2, 1.2, 3; l2 √2, 1.2, 3.
  const small = { shape: [2, 3], kernel: [1, 0, -3, 1, 1.2, 0], bias: [5, 6, 7] };

  test('go with their bias, and outputs stay', async () => {
    const [site] = hostSites('magnitude', { rate: 0.4, of: 'unit' }, [small]);
    await magnitude.select!(moment([site!], {}));
    expect(deadUnits(site!)).toEqual([1]);
    expect([...site!.bias!]).toEqual([5, 0, 7]);
    const [output] = hostSites('magnitude', { rate: 0.4, of: 'unit' }, [{ ...small, outputs: [0, 1, 2] }]);
    await magnitude.select!(moment([output!], {}));
    expect(zeros(output!.kernel)).toBe(2);
  });

  test('l1 and l2 are means over the weights, so that a layer with more inputs does not count for more', async () => {
    // (2, 0) has a larger norm than (1.2, 1.2), and a smaller sum.
    const two = { shape: [2, 2], kernel: [2, 1.2, 0, 1.2] };
    for (const [criterion, first] of [
      ['l1', 0],
      ['l2', 1],
    ] as const) {
      const [site] = hostSites('magnitude', { rate: 0.5, of: 'unit', criterion }, [two]);
      await magnitude.select!(moment([site!], {}));
      expect(deadUnits(site!)).toEqual([first]);
    }
    const sites = hostSites('magnitude', { rate: 0.25, of: 'unit', scope: 'model', criterion: 'l1' }, [
      { shape: [8, 2], kernel: new Array(16).fill(0.5) },
      { shape: [1, 2], kernel: [1, 2] },
    ]);
    await magnitude.select!(moment(sites, {}));
    expect(sites.map(deadUnits)).toEqual([[0], []]);
  });

  test('of several kernels that write them are one, those of a cell and those of layers that are added up', async () => {
    const sites = hostSites('magnitude', { rate: 0.5, of: 'unit' }, [
      { shape: [1, 2], kernel: [1, 3], written: [901, 902] },
      { shape: [1, 2], kernel: [3, 2], written: [901, 902] },
    ]);
    await magnitude.select!(moment(sites, {}));
    // Together (1, 3) and (3, 2): 10 and 13.
    expect(sites.map(deadUnits)).toEqual([[0], [0]]);
  });

  test('the last one of a layer stays', async () => {
    const sites = hostSites('magnitude', { rate: 0.75, of: 'unit', scope: 'model' }, [
      { shape: [1, 2], kernel: [0.1, 0.2] },
      { shape: [1, 2], kernel: [5, 6] },
    ]);
    await magnitude.select!(moment(sites, {}));
    expect(sites.map(deadUnits)).toEqual([[0], [0]]);
  });

  test('that were removed on the way count', async () => {
    const [site] = hostSites('magnitude', { rate: 0.5, of: 'unit' }, [
      { ...dense(3, 7, 6), whole: { weights: 30, units: 10 } },
    ]);
    await magnitude.select!(moment([site!], {}));
    expect(deadUnits(site!)).toHaveLength(2);
  });

  test('a schedule takes its share at the end of every epoch', async () => {
    const args = { rate: 0.8, of: 'unit', schedule: 'linear', end: 4 };
    const [site] = hostSites('magnitude', args, [dense(5, 20, 7)]);
    const counts: number[] = [];
    for (let epoch = 0; epoch <= 5; epoch++) {
      await magnitude.advance!(moment([site!], { epoch }));
      counts.push(deadUnits(site!).length);
    }
    expect(counts).toEqual([0, 4, 8, 12, 16, 16]);
  });
});

describe('criteria', () => {
  const three = { shape: [1, 3], kernel: [1, 1, 1], layer: 'fc' };
  const pruned = async (criterion: string, rows: Parameters<typeof moment>[1], rate = 0.34) => {
    const [site] = hostSites('magnitude', { rate, of: 'unit', criterion }, [three]);
    await magnitude.select!(moment([site!], rows));
    return deadUnits(site!);
  };

  test('activation: the mean of |activation| over rows and places', async () => {
    // Two rows of two places: sums of |a| 6, 5, 8.
    const writes = { fc: tensor([2, 2, 3], [1, -2, 2, 2, 1, 2, 1, 1, 2, 2, -1, 2]) };
    expect(await pruned('activation', { writes })).toEqual([1]);
  });

  test('taylor: |mean over places of activation · gradient|, mean over rows', async () => {
    const writes = { fc: tensor([2, 2, 3], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) };
    // Unit 0: |4 − 4| + |1 − 1|; unit 1: |1 + 1| + |−1 − 1|; unit 2: |3 + 3| + 0.
    const gradients = { fc: tensor([2, 2, 3], [4, 1, 3, -4, 1, 3, 1, -1, 0, -1, -1, 0]) };
    expect(await pruned('taylor', { writes, gradients })).toEqual([0]);
    expect(await pruned('taylor', { writes, gradients }, 0.67)).toEqual([0, 1]);
  });

  test('taylor is normalised by layer', async () => {
    const sites = hostSites('magnitude', { rate: 0.5, of: 'unit', criterion: 'taylor', scope: 'model' }, [
      { shape: [1, 2], kernel: [1, 1], layer: 'small' },
      { shape: [1, 2], kernel: [1, 1], layer: 'large' },
    ]);
    const writes = { small: tensor([1, 2], [0.3, 0.4]), large: tensor([1, 2], [10, 100]) };
    const gradients = { small: tensor([1, 2], [1, 1]), large: tensor([1, 2], [1, 1]) };
    // 0.6 and 0.8 of the small layer, 0.1 and 0.995 of the large one.
    await magnitude.select!(moment(sites, { writes, gradients }));
    expect(sites.map(deadUnits)).toEqual([[0], [0]]);
  });

  test('vip: what says nothing of the targets goes first', async () => {
    const targets = tensor([4, 1], [1, 2, 3, 4]);
    // Unit 0 is the target, unit 1 has correlation 0 with it, unit 2 is its negative but for one row.
    const writes = { fc: tensor([4, 3], [10, 1, -1, 20, -1, -2, 30, -1, -3, 40, 1, -5]) };
    expect(await pruned('vip', { writes, targets })).toEqual([1]);
  });

  test('random: differs by seed and by layer, and is the same again', async () => {
    const chosen = async (seed: number, layer = 'fc') => {
      const [site] = hostSites('magnitude', { rate: 0.5, of: 'unit', criterion: 'random' }, [
        { ...dense(2, 40, 1), layer },
      ]);
      await magnitude.select!(moment([site!], { seed }));
      return deadUnits(site!);
    };
    const first = await chosen(1);
    expect(first).toHaveLength(20);
    expect(await chosen(1)).toEqual(first);
    expect(await chosen(2)).not.toEqual(first);
    expect(await chosen(1, 'other')).not.toEqual(first);
    const weights = async (seed: number) => {
      const [site] = hostSites('magnitude', { rate: 0.5, criterion: 'random' }, [dense(10, 10, 1)]);
      await magnitude.select!(moment([site!], { seed }));
      return [...site!.kernel];
    };
    expect(await weights(1)).toEqual(await weights(1));
    expect(await weights(1)).not.toEqual(await weights(2));
  });
});

describe('what makes no sense', () => {
  const refused = (args: Readonly<Record<string, unknown>>, at: Partial<Placed> = {}) =>
    magnitude.refuses!(withDefaults(magnitude, { rate: 0.5, ...args }) as never, placed(at));

  test.each([
    [{ criterion: 'vip' }, {}, /of units/],
    [{ of: 'filter' }, {}, /filters are units of convolutions/],
    [{ schedule: 'linear', begin: 3, end: 3 }, {}, /from epoch 3 to epoch 3/],
    [{ end: 3 }, {}, /one_shot prunes once/],
    [{ of: 'unit', during: 'finetune' }, {}, /leave the network before/],
    [{ schedule: 'linear' }, { others: ['dsd'], holding: ['dsd'] }, /@dsd of the same layer/],
  ])('%j %j', (args, at, reason) => {
    expect(refused(args, at)).toMatch(reason);
  });

  test.each([
    [{}, { others: ['dsd', 'dropnet'], holding: ['dsd', 'dropnet'] }],
    [{ of: 'filter' }, { layer: 'Conv2D' }],
    [{ of: 'unit', criterion: 'taylor', schedule: 'polynomial', begin: 1, end: 4 }, { others: ['l2'] }],
    [{ during: 'finetune' }, {}],
  ])('%j %j does', (args, at) => {
    expect(refused(args, at)).toBeUndefined();
  });
});
