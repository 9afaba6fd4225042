import { describe, expect, test } from 'vitest';
import type { RandomSpec } from '../../src/program/program.js';
import { drawBits, drawRandom, hashName, Stream, streamKey } from '../../src/random/streams.js';

const place = { seed: 7, epoch: 3, step: 11 };

test('a name is hashed by FNV-1a', () => {
  // The published test vectors of the hash.
  expect([hashName(''), hashName('a'), hashName('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
});

test('every coordinate of a stream changes its numbers', () => {
  const places = [
    ['x', { seed: 1 }],
    ['y', { seed: 1 }],
    ['x', { seed: 2 }],
    ['x', { seed: 2 ** 32 + 1 }],
    ['x', { seed: 1, epoch: 1 }],
    ['x', { seed: 1, step: 1 }],
    ['x', { seed: 1, epoch: 1, step: 1 }],
  ] as const;
  const first = places.map(([name, at]) => Stream.named(name, at).bits(0));
  expect(new Set(first).size).toBe(places.length);
});

test('numbers do not depend on the order in which they are drawn', () => {
  const counters = [0, 1, 2, 5, 4, 2 ** 32, 2 ** 33 - 1, 2 ** 33, 2 ** 33 + 1, 2 ** 53 - 1];
  const stream = Stream.named('x', place);
  const forwards = counters.map((counter) => [stream.bits(counter), stream.uniform(counter), stream.normal(counter)]);
  const backwards = counters.toReversed().map((counter) => {
    const own = Stream.named('x', place);
    return [own.bits(counter), own.uniform(counter), own.normal(counter)];
  });
  expect(forwards).toEqual(backwards.toReversed());
  expect(new Set(forwards.map(([bits]) => bits)).size).toBe(counters.length);
});

test('many bits at once are the bits one by one, also where the block number passes 32 bits', () => {
  const key = streamKey('x', place);
  const stream = new Stream(key);
  for (const [from, count] of [
    [0, 10_000],
    [3, 4_097],
    [2 ** 33 - 5, 12],
  ] as const) {
    const expected = Array.from({ length: count }, (_, k) => stream.bits(from + k));
    expect([...drawBits(key, from, count)]).toEqual(expected);
  }
});

test('known numbers stay as they are', () => {
  const stream = Stream.named('dropout_1.mask', place);
  expect([0, 1, 2].map((k) => stream.bits(k))).toMatchInlineSnapshot(`
    [
      2265511077,
      3923778287,
      2043077274,
    ]
  `);
  expect([0, 1, 2].map((k) => stream.uniform(k))).toMatchInlineSnapshot(`
    [
      0.5274803638458252,
      0.9135757684707642,
      0.47569096088409424,
    ]
  `);
  expect([0, 1, 2].map((k) => stream.normal(k))).toMatchInlineSnapshot(`
    [
      0.9683562622900448,
      -0.5844427099909439,
      -0.5898528081130343,
    ]
  `);
});

describe('distributions', () => {
  const n = 200_000;
  const moments = (draw: (k: number) => number) => {
    let [sum, square, fourth] = [0, 0, 0];
    for (let k = 0; k < n; k++) {
      const x = draw(k);
      sum += x;
      square += x * x;
      fourth += x ** 4;
    }
    return { mean: sum / n, square: square / n, fourth: fourth / n };
  };

  test('uniform: range, mean, variance, and even use of 256 bins', () => {
    const stream = Stream.named('uniform', { seed: 1 });
    const bins = new Float64Array(256);
    let inside = true;
    const { mean, square } = moments((k) => {
      const x = stream.uniform(k);
      inside &&= x >= 0 && x < 1 && Math.fround(x) === x;
      bins[Math.floor(x * 256)]! += 1;
      return x;
    });
    expect(inside).toBe(true);
    expect(mean).toBeCloseTo(1 / 2, 2);
    expect(square).toBeCloseTo(1 / 3, 2);
    const chiSquare = bins.reduce((sum, count) => sum + (count - n / 256) ** 2 / (n / 256), 0);
    // 255 degrees of freedom: mean 255, standard deviation 22.6; five of them on either side.
    expect(chiSquare).toBeGreaterThan(142);
    expect(chiSquare).toBeLessThan(368);
  });

  test('normal: mean 0, variance 1, fourth moment 3, neighbours uncorrelated', () => {
    const stream = Stream.named('normal', { seed: 1 });
    const { mean, square, fourth } = moments((k) => stream.normal(k));
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(square - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(fourth - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    const product = moments((k) => stream.normal(k) * stream.normal(k + 1));
    expect(Math.abs(product.mean)).toBeLessThan(5 / Math.sqrt(n));
  });

  test('bernoulli: its share is p, and 0 and 1 are certain', () => {
    const stream = Stream.named('bernoulli', { seed: 1 });
    const { mean } = moments((k) => (stream.bernoulli(k, 0.3) ? 1 : 0));
    expect(Math.abs(mean - 0.3)).toBeLessThan(5 * Math.sqrt(0.21 / n));
    expect(moments((k) => (stream.bernoulli(k, 1) ? 1 : 0)).mean).toBe(1);
    expect(moments((k) => (stream.bernoulli(k, 0) ? 1 : 0)).mean).toBe(0);
  });
});

describe('random inputs of a program', () => {
  const spec = (kind: RandomSpec['distribution'], units: readonly number[], width: number): RandomSpec => ({
    stream: 'dropout_1.mask',
    distribution: kind,
    units,
    width,
  });
  const range = (n: number) => Array.from({ length: n }, (_, k) => k);

  test.each([{ kind: 'bernoulli', keep: 0.7 }, { kind: 'uniform' }, { kind: 'normal' }] as const)(
    '$kind: units that are left keep their numbers',
    (distribution) => {
      // An odd width: rows start in the middle of a block.
      const width = 101;
      const rows = 50;
      const all = drawRandom(spec(distribution, range(width), width), place, rows);
      expect(all.length).toBe(rows * width);
      const left = range(width).filter((k) => k % 3 !== 1);
      const some = drawRandom(spec(distribution, left, width), place, rows);
      const expected = range(rows).flatMap((row) => left.map((unit) => all[row * width + unit]!));
      expect([...some]).toEqual(expected);
      const fewer = drawRandom(spec(distribution, left, width), place, 7);
      expect([...fewer]).toEqual(expected.slice(0, 7 * left.length));
    },
  );

  test('the fast way gives the numbers of the stream', () => {
    const stream = Stream.named('dropout_1.mask', place);
    const mask = drawRandom(spec({ kind: 'bernoulli', keep: 0.5 }, range(400), 400), place, 20);
    expect([...mask]).toEqual(range(8_000).map((k) => (stream.bernoulli(k, 0.5) ? 1 : 0)));
  });

  test('a given array is filled, one of another length refused', () => {
    const into = new Float32Array(8);
    expect(drawRandom(spec({ kind: 'uniform' }, range(4), 4), place, 2, into)).toBe(into);
    expect(into.some((x) => x !== 0)).toBe(true);
    expect(() => drawRandom(spec({ kind: 'uniform' }, range(4), 4), place, 3, into)).toThrow('dropout_1.mask');
  });
});
