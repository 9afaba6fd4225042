import { expect, test } from 'vitest';
import { Permutation, shuffle } from '../../src/random/permutation.js';

test('a bijection for every small size and for sizes around powers of two', () => {
  const sizes = [...Array(70).keys(), 127, 128, 129, 255, 256, 257, 1000, 4095, 4096, 4097, 55_000, 65_537];
  for (const size of sizes) {
    const order = shuffle(size, 7, 2).fill();
    expect(
      [...order].sort((a, b) => a - b),
      `size ${size}`,
    ).toEqual([...Array(size).keys()]);
  }
});

test('random access gives what the whole permutation holds', () => {
  const permutation = shuffle(1000, 1, 0);
  const order = permutation.fill();
  for (const index of [999, 0, 500, 1]) expect(permutation.at(index)).toBe(order[index]);
});

test('seed, epoch and name change the order', () => {
  const first = (permutation: Permutation) => permutation.fill().slice(0, 20).join();
  const orders = [
    shuffle(1000, 1, 0),
    shuffle(1000, 1, 1),
    shuffle(1000, 2, 0),
    new Permutation(1000, 'other', { seed: 1 }),
  ];
  expect(new Set(orders.map(first)).size).toBe(orders.length);
});

test('every order of few elements comes up about equally often', () => {
  for (const [size, orders] of [
    [2, 2],
    [3, 6],
    [4, 24],
    [5, 120],
  ] as const) {
    const keys = 400 * orders;
    const counts = new Map<string, number>();
    for (let seed = 0; seed < keys; seed++) {
      const order = shuffle(size, seed, 0).fill().join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(orders);
    let chiSquare = 0;
    for (const count of counts.values()) chiSquare += (count - 400) ** 2 / 400;
    // Five standard deviations above the mean of a chi-square with orders − 1 degrees of freedom.
    expect(chiSquare, `size ${size}`).toBeLessThan(orders - 1 + 5 * Math.sqrt(2 * (orders - 1)) + 5);
  }
});

test('positions and neighbours of a larger permutation are those of a random one', () => {
  const size = 10_000;
  let [fixed, neighbours, product] = [0, 0, 0];
  for (let epoch = 0; epoch < 20; epoch++) {
    const order = shuffle(size, 3, epoch).fill();
    for (let k = 0; k < size; k++) {
      if (order[k] === k) fixed += 1;
      if (k > 0 && Math.abs(order[k]! - order[k - 1]!) === 1) neighbours += 1;
      product += (k / size - 0.5) * (order[k]! / size - 0.5);
    }
  }
  // Fixed points are Poisson with mean 1 a permutation, neighbours that stay neighbours with mean 2.
  expect(fixed).toBeLessThan(20 + 5 * Math.sqrt(20));
  expect(neighbours).toBeGreaterThan(40 - 5 * Math.sqrt(40));
  expect(neighbours).toBeLessThan(40 + 5 * Math.sqrt(40));
  expect((Math.abs(product) / (20 * size)) * 12).toBeLessThan(5 / Math.sqrt(20 * size));
});

test('sizes that are none are refused', () => {
  for (const size of [-1, 1.5, 2 ** 31]) expect(() => shuffle(size, 1, 0)).toThrow('a permutation of');
});
