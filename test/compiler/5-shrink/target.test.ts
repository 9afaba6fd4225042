import { expect, test } from 'vitest';
import { searchBelow, searchTarget } from '../../../src/compiler/5-shrink/target.js';
import { seeded } from '../../support/random.js';

/** Looks for a share of parameters among thresholds 0, 1, 2 … at which `left` is left; undefined: nothing. */
async function search(left: readonly (number | undefined)[], parameters: number) {
  const looked: number[] = [];
  const found = await searchTarget({
    thresholds: left.map((_, k) => k / 2),
    sharesAt: async (threshold) => {
      looked.push(threshold * 2);
      const share = left[threshold * 2];
      return share === undefined ? undefined : { parameters: share };
    },
    wanted: { parameters },
  });
  return { ...found, looked };
}

test('the smallest threshold at which the shares hold, at most one look more than there are halvings', async () => {
  const { next: random } = seeded('searches for a size');
  for (let k = 0; k < 200; k++) {
    const length = 1 + Math.floor(random() * 60);
    const dead = Math.floor(random() * length);
    // Falling, with plateaus, and behind some threshold nothing is left.
    let share = 1;
    const left = Array.from({ length }, (_, place) => {
      if (place > 0 && random() < 0.6) share *= 0.7 + 0.3 * random();
      return place > 0 && place >= length - dead ? undefined : share;
    });
    const wanted = random();
    const found = await search(left, wanted);
    const first = left.findIndex((one) => one !== undefined && one <= wanted);
    expect(found.reached).toBe(first >= 0);
    expect(found.threshold).toBe((first >= 0 ? first : left.findLastIndex((one) => one !== undefined)) / 2);
    expect(found.shares).toEqual({ parameters: left[found.threshold * 2] });
    expect(new Set(found.looked).size).toBe(found.looked.length);
    expect(found.looked.length).toBeLessThanOrEqual(2 + Math.ceil(Math.log2(length)));
    expect(found.tried.map(({ threshold }) => threshold)).toEqual(
      found.looked.map((one) => one / 2).sort((a, b) => a - b),
    );
  }
});

test('all shares that are given must hold, and the last bit of a quotient does not decide', async () => {
  const found = await searchTarget({
    thresholds: [0, 1, 2, 3],
    sharesAt: async (threshold) => ({ parameters: 1 - threshold / 4, multiply_adds: 1 - threshold / 3 }),
    wanted: { parameters: 0.75, multiply_adds: 0.4 },
  });
  expect(found.threshold).toBe(2);
  // 0.1 + 0.2 is a little more than 0.3.
  expect((await search([1, 0.1 + 0.2, 0.1], 0.3)).threshold).toBe(0.5);
});

test('where a network is larger than the one before it, the target holds where it ends and not right below', async () => {
  const left = [1, 0.5, 0.6, 0.4, 0.55, 0.3, 0.2];
  const found = await search(left, 0.5);
  expect(left[found.threshold * 2]).toBeLessThanOrEqual(0.5);
  expect(left[found.threshold * 2 - 1]).toBeGreaterThan(0.5);
});

/** Judges thresholds 0, 1, 2 … by an accuracy each; undefined: no function left. */
async function judged(metrics: readonly (number | undefined)[], tolerance: number) {
  const evaluated: number[] = [];
  const thresholds = metrics.map((_, k) => k);
  const found = await searchBelow<number>(thresholds, {
    cut: (threshold) => (metrics[threshold] === undefined ? undefined : threshold),
    evaluate: async (threshold) => {
      evaluated.push(threshold);
      return { metric: metrics[threshold]!, rows: 100 };
    },
    tolerance,
    better: 'higher',
    unitRange: true,
  });
  expect(new Set(evaluated).size, 'nothing is judged twice').toBe(evaluated.length);
  const told = found.tried.flatMap(({ threshold, judgement }) => (judgement ? [threshold] : []));
  expect(told).toEqual([...evaluated].sort((a, b) => a - b));
  return { ...found, evaluated };
}

test('within the tolerance the last threshold is taken, and nothing else is judged', async () => {
  const found = await judged([0.9, 0.1, 0.2, 0.89], 0.02);
  expect([found.threshold, found.after.metric, found.before.metric]).toEqual([3, 0.89, 0.9]);
  expect(found.evaluated).toEqual([0, 3]);
  expect((await judged([0.9], 0)).threshold).toBe(0);
});

test('else the largest below it that is found within the tolerance: the next one is not', async () => {
  const { next: random } = seeded('searches below a size');
  for (let k = 0; k < 100; k++) {
    const length = 2 + Math.floor(random() * 300);
    // Falls on the whole, and shakes a little; the last one is out of the tolerance.
    const fall = 0.3 + random();
    const metrics = Array.from({ length }, (_, at) => 0.9 - (fall * at) / length - 0.01 * random());
    metrics[length - 1] = 0.1;
    const found = await judged(metrics, 0.1);
    const limit = metrics[0]! - 0.1;
    expect(found.limit).toBeCloseTo(limit, 12);
    expect(metrics[found.threshold]).toBeGreaterThanOrEqual(limit - 1e-9);
    expect(metrics[found.threshold + 1]).toBeLessThan(limit);
    expect(found.after.metric).toBe(metrics[found.threshold]);
    expect(found.evaluated.length).toBeLessThanOrEqual(43 + Math.ceil(Math.log2(length / 40 + 1)));
  }
});

test('a threshold that leaves no function is out of the tolerance', async () => {
  const found = await judged([0.9, 0.9, 0.9, undefined, undefined], 1);
  expect(found.threshold).toBe(2);
});
