import { describe, expect, test } from 'vitest';
import { bestOf, byObjective, combinationsOf, paretoFront } from '../../../src/runtime/sweep/choose.js';
import type { Trial } from '../../../src/runtime/sweep/record.js';

const trial = (number: number, combination: number, more: Partial<Trial>): Trial => ({
  number,
  combination,
  values: { a: String(combination) },
  folder: `trials/${number}`,
  state: 'finished',
  parameters: 10,
  multiply_adds: 20,
  ...more,
});

describe('combinations', () => {
  test('are means over their trials, and nothing where one of them is missing', () => {
    const [one, two, three] = combinationsOf([
      trial(1, 1, { objective: 1, parameters: 10 }),
      trial(2, 1, { objective: 3, parameters: 20 }),
      trial(3, 2, { objective: 1 }),
      { number: 4, combination: 2, values: {}, folder: 'trials/4', state: 'failed', error: 'so' },
      trial(5, 3, { objective: null }),
      trial(6, 3, { objective: 2 }),
    ]);
    expect(one).toMatchObject({ objective: 2, spread: Math.SQRT2, parameters: 15, multiply_adds: 20 });
    expect(two).not.toHaveProperty('objective');
    expect(two).not.toHaveProperty('parameters');
    expect(three).not.toHaveProperty('objective');
  });

  test('are chosen by the objective, of equals the smaller, and only where all their trials are done', () => {
    const trials = [
      trial(1, 1, { objective: 0.9, parameters: 30 }),
      trial(2, 2, { objective: 0.9, parameters: 20 }),
      trial(3, 3, { objective: 0.99, state: 'stopped early', epochs: 2 }),
      trial(4, 4, { objective: 0.1, parameters: 1 }),
    ];
    expect(bestOf({ trials, objective: { name: 'accuracy', better: 'higher' } })!.number).toBe(2);
    expect(bestOf({ trials, objective: { name: 'loss', better: 'lower' } })!.number).toBe(4);
    const order = combinationsOf([...trials, trial(5, 5, { objective: null })]).sort(byObjective('higher'));
    expect(order.map(({ number }) => number)).toEqual([3, 2, 1, 4, 5]);
  });
});

test('the front is what no other is as good as for as little, in random points too', () => {
  const points = Array.from({ length: 60 }, (_, k) => ({ cost: (k * 37) % 23, score: (k * 53) % 29 }));
  for (const better of ['higher', 'lower'] as const) {
    const atLeast = (a: number, b: number) => (better === 'higher' ? a >= b : a <= b);
    const front = paretoFront(
      points,
      better,
      ({ score }) => score,
      ({ cost }) => cost,
    );
    const beaten = (one: (typeof points)[number]) =>
      points.some(
        (other) =>
          other.cost <= one.cost &&
          atLeast(other.score, one.score) &&
          (other.cost < one.cost || other.score !== one.score),
      );
    const expected = points.filter((one) => !beaten(one)).map(({ cost, score }) => `${cost} ${score}`);
    expect(new Set(front.map(({ cost, score }) => `${cost} ${score}`))).toEqual(new Set(expected));
    expect(front.map(({ cost }) => cost)).toEqual([...front.map(({ cost }) => cost)].sort((a, b) => a - b));
  }
});
