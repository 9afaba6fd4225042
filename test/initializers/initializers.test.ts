import { describe, expect, test } from 'vitest';
import { initializers } from '../../src/initializers/index.js';
import { fans, initialTensor } from '../../src/initializers/initial.js';

type Word = keyof typeof initializers;

function draw(word: Word, args: Record<string, unknown>, shape: readonly number[], name = 'fc1.kernel'): Float32Array {
  return initialTensor({ word, arguments: args }, initializers[word], { name, shape, seed: 7 });
}

/** Mean, standard deviation and largest magnitude. */
function shapeOf(values: Float32Array): { mean: number; deviation: number; largest: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const square = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(square), largest: values.reduce((most, x) => Math.max(most, Math.abs(x)), 0) };
}

test('the registry is keyed by the keywords', () => {
  for (const [word, kind] of Object.entries(initializers)) expect(kind.keyword).toBe(word);
});

test('fans are those of Keras', () => {
  expect(fans([])).toEqual({ fanIn: 1, fanOut: 1 });
  expect(fans([10])).toEqual({ fanIn: 10, fanOut: 10 });
  expect(fans([784, 300])).toEqual({ fanIn: 784, fanOut: 300 });
  expect(fans([3, 5, 16, 32])).toEqual({ fanIn: 240, fanOut: 480 });
});

test('zeros, ones and constant', () => {
  expect([...draw('zeros', {}, [2, 2])]).toEqual([0, 0, 0, 0]);
  expect([...draw('ones', {}, [3])]).toEqual([1, 1, 1]);
  expect([...draw('constant', { value: 0.25 }, [2])]).toEqual([0.25, 0.25]);
  expect(draw('zeros', {}, [0, 4]).length).toBe(0);
});

describe('mean, deviation and bounds of a 200 × 300 kernel', () => {
  const [rows, columns] = [200, 300];
  // Six standard errors of the mean and of the deviation of 60,000 numbers.
  const slack = 6 / Math.sqrt(rows * columns);
  const glorot = Math.sqrt(2 / (rows + columns));
  const he = Math.sqrt(2 / rows);
  const lecun = Math.sqrt(1 / rows);
  // A normal truncated at two deviations reaches 2 / 0.8796 of the deviation that comes out.
  const cut = 2 / 0.87962566103423978;
  const flat = Math.sqrt(3);
  test.each<[Word, Record<string, unknown>, mean: number, deviation: number, bound: number]>([
    ['glorot_uniform', {}, 0, glorot, flat * glorot],
    ['glorot_normal', {}, 0, glorot, cut * glorot],
    ['he_uniform', {}, 0, he, flat * he],
    ['he_normal', {}, 0, he, cut * he],
    ['lecun_uniform', {}, 0, lecun, flat * lecun],
    ['lecun_normal', {}, 0, lecun, cut * lecun],
    ['normal', { mean: 1, stddev: 0.1 }, 1, 0.1, 1.6],
    ['truncated_normal', { mean: 0, stddev: 0.1 }, 0, 0.1 / (cut / 2), 0.2],
    ['variance_scaling', { scale: 2, mode: 'fan_in', distribution: 'truncated_normal' }, 0, he, cut * he],
    [
      'variance_scaling',
      { scale: 1, mode: 'fan_out', distribution: 'untruncated_normal' },
      0,
      1 / Math.sqrt(columns),
      6 / Math.sqrt(columns),
    ],
    ['variance_scaling', { scale: 1, mode: 'fan_avg', distribution: 'uniform' }, 0, glorot, flat * glorot],
    ['uniform', { minval: -0.5, maxval: 1.5 }, 0.5, 2 / Math.sqrt(12), 1.5],
  ])('%s', (word, args, mean, deviation, bound) => {
    const found = shapeOf(draw(word, args, [rows, columns]));
    expect(Math.abs(found.mean - mean)).toBeLessThan(slack * deviation);
    expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(slack);
    expect(found.largest).toBeLessThanOrEqual(bound * 1.0000001);
    expect(found.largest).toBeGreaterThan(mean + 1.5 * deviation);
  });
});

test('identity is a number on the diagonal', () => {
  expect([...draw('identity', { gain: 2 }, [2, 3])]).toEqual([2, 0, 0, 0, 2, 0]);
  expect([...draw('identity', { gain: 1 }, [3, 2])]).toEqual([1, 0, 0, 1, 0, 0]);
});

describe('orthogonal', () => {
  test.each([[[40, 40]], [[60, 25]], [[25, 60]], [[3, 3, 4, 20]]])(
    '%j: the shorter side is orthonormal, times the gain',
    (shape) => {
      const columns = shape.at(-1)!;
      const rows = shape.reduce((product, one) => product * one, 1) / columns;
      const values = draw('orthogonal', { gain: 1.5 }, shape);
      const vector = (k: number) =>
        rows < columns
          ? values.slice(k * columns, (k + 1) * columns)
          : Float32Array.from({ length: rows }, (_, row) => values[row * columns + k]!);
      const count = Math.min(rows, columns);
      for (let i = 0; i < count; i++) {
        for (let j = 0; j <= i; j++) {
          const product = vector(i).reduce((sum, x, at) => sum + x * vector(j)[at]!, 0);
          expect(Math.abs(product - (i === j ? 2.25 : 0))).toBeLessThan(1e-5);
        }
      }
    },
  );

  test('prefers no sign', () => {
    const values = draw('orthogonal', { gain: 1 }, [100, 100]);
    expect(Math.abs(values.filter((x) => x > 0).length / values.length - 0.5)).toBeLessThan(0.03);
    const diagonal = Array.from({ length: 100 }, (_, k) => values[101 * k]!);
    expect(Math.abs(diagonal.filter((x) => x > 0).length - 50)).toBeLessThan(25);
  });
});

test.each(['identity', 'orthogonal', 'variance_scaling'] as const)(
  '%s: survivors start as in the full network',
  (word) => {
    const args = { gain: 1, scale: 1, mode: 'fan_in', distribution: 'uniform' };
    const full = draw(word, args, [6, 5]);
    const [rows, columns] = [
      [1, 3, 4],
      [1, 3],
    ];
    const shrunk = initialTensor({ word, arguments: args }, initializers[word], {
      name: 'fc1.kernel',
      shape: [3, 2],
      originalShape: [6, 5],
      originalIndices: [rows, columns],
      seed: 7,
    });
    expect([...shrunk]).toEqual(rows.flatMap((row) => columns.map((column) => full[row * 5 + column]!)));
  },
);

test('a shrunk network starts its survivors as the full one', () => {
  const full = draw('he_normal', {}, [6, 5]);
  const [rows, columns] = [
    [1, 4, 5],
    [0, 3],
  ];
  const shrunk = initialTensor({ word: 'he_normal', arguments: {} }, initializers.he_normal, {
    name: 'fc1.kernel',
    shape: [3, 2],
    originalShape: [6, 5],
    originalIndices: [rows, columns],
    seed: 7,
  });
  expect([...shrunk]).toEqual(rows.flatMap((row) => columns.map((column) => full[row * 5 + column]!)));
  const columnsOnly = initialTensor({ word: 'he_normal', arguments: {} }, initializers.he_normal, {
    name: 'fc1.kernel',
    shape: [6, 2],
    originalShape: [6, 5],
    originalIndices: [undefined, columns],
    seed: 7,
  });
  expect([...columnsOnly]).toEqual(
    [...Array(6).keys()].flatMap((row) => columns.map((column) => full[row * 5 + column]!)),
  );
});

test('what is left of a grouped kernel starts as it did, though each block keeps other channels', () => {
  // [window, channels of a block, filters]: three filters of the first block read its channels 0 and 2, two of the second channels 1 and 2.
  const full = draw('glorot_uniform', {}, [2, 3, 8]);
  const filters = [0, 2, 3, 5, 7];
  const channels = filters.map((filter) => (filter < 4 ? [0, 2] : [1, 2]));
  const shrunk = initialTensor({ word: 'glorot_uniform', arguments: {} }, initializers.glorot_uniform, {
    name: 'fc1.kernel',
    shape: [2, 2, 5],
    originalShape: [2, 3, 8],
    originalIndices: [undefined, undefined, filters],
    originalBlocks: { axis: 1, by: 2, byPlace: channels },
    seed: 7,
  });
  expect([...shrunk]).toEqual(
    [0, 1].flatMap((place) =>
      [0, 1].flatMap((k) => filters.map((filter, j) => full[(place * 3 + channels[j]![k]!) * 8 + filter]!)),
    ),
  );
});

test('indices that do not fit the shape are a mistake of dnc', () => {
  const at = { name: 'fc1.kernel', shape: [3], originalShape: [6], seed: 7 };
  const call = { word: 'zeros', arguments: {} };
  expect(() => initialTensor(call, initializers.zeros, at)).toThrow('fc1.kernel: axis 0');
  expect(() => initialTensor(call, initializers.zeros, { ...at, originalIndices: [[1, 2, 6]] })).toThrow('axis 0');
  expect(() => initialTensor(call, initializers.zeros, { ...at, originalShape: [3, 1] })).toThrow('1 axes of 2');
});

test('names and seeds tell tensors apart', () => {
  const first = draw('normal', { mean: 0, stddev: 1 }, [4]);
  expect([...draw('normal', { mean: 0, stddev: 1 }, [4])]).toEqual([...first]);
  expect([...draw('normal', { mean: 0, stddev: 1 }, [4], 'fc2.kernel')]).not.toEqual([...first]);
});
