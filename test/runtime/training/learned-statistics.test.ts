import { expect, test } from 'vitest';
import { paramShape } from '../../../src/compiler/3-dims/index.js';
import type { BoundTable } from '../../../src/data/bind.js';
import { allParams, type Network } from '../../../src/ir/graph.js';
import { sizeOf } from '../../../src/program/program.js';
import { withLearnedStatistics } from '../../../src/runtime/training/learned-statistics.js';
import { lower } from '../../parity/support.js';
import { Random } from '../../program/support.js';

const ROWS = 1500;

function network(layers: string, shape: string): Network {
  return lower(`model Net {
  x = Input(${shape})
${layers}
}
data { source: sparse_regression }
train { loss: mse; epochs: 1 }
`).network;
}

function zeros(net: Network): Map<string, Float32Array> {
  return new Map(
    allParams(net).map((param) => [
      param.name,
      new Float32Array(sizeOf(paramShape(param))).fill(param.tensor === 'variance' ? 1 : 0),
    ]),
  );
}

function rows(extents: readonly number[], number: (row: number, k: number) => number): BoundTable {
  const width = sizeOf(extents);
  const data = Float32Array.from({ length: ROWS * width }, (_, k) => number(Math.floor(k / width), k % width));
  return { rows: ROWS, tensors: [{ name: 'x', extents, width, data, rows: undefined }] };
}

/** Mean and variance, divided by the count, of the numbers of which `of` is true. */
function statistics(table: BoundTable, width: number, of: (k: number) => boolean): readonly [number, number] {
  const all = Array.from(table.tensors[0]!.data as Float32Array).filter((_, k) => of(k % width));
  const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
  return [mean, all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length];
}

test('every feature has the mean and variance of the training rows, over more than one batch', () => {
  const random = new Random('features');
  const table = rows([2], (_, k) => 100 * k + (k + 1) * random.between(-3, 1));
  const net = network('  n = Normalization\n  y = Dense(1)', '2');
  const found = withLearnedStatistics(net, zeros(net), () => table);
  for (const feature of [0, 1]) {
    const [mean, variance] = statistics(table, 2, (k) => k === feature);
    expect(found.get('n.mean')![feature]).toBeCloseTo(mean, 4);
    expect(found.get('n.variance')![feature]).toBeCloseTo(variance, 4);
  }
});

test('axes that are not told apart are counted together, and a layer further on sees what one before learned', () => {
  const random = new Random('steps');
  const table = rows([3, 2], () => random.between(2, 8));
  const net = network('  first = Normalization(axis: [])\n  second = Normalization(axis: 1)\n  y = Dense(1)', '3, 2');
  const found = withLearnedStatistics(net, zeros(net), () => table);
  const [mean, variance] = statistics(table, 6, () => true);
  expect(found.get('first.mean')!).toHaveLength(1);
  expect(found.get('first.mean')![0]).toBeCloseTo(mean, 4);
  expect(found.get('first.variance')![0]).toBeCloseTo(variance, 4);
  for (const step of [0, 1, 2]) {
    const [of, around] = statistics(table, 6, (k) => Math.floor(k / 2) === step);
    expect(found.get('second.mean')![step]).toBeCloseTo((of - mean) / Math.sqrt(variance), 4);
    expect(found.get('second.variance')![step]).toBeCloseTo(around / variance, 4);
  }
});

test('at every step of a sequence, features are counted over all steps', () => {
  const random = new Random('wrapped');
  const table = rows([3, 2], () => random.between(2, 8));
  const net = network('  n = TimeDistributed(Normalization)\n  y = Dense(1)', '3, 2');
  const found = withLearnedStatistics(net, zeros(net), () => table);
  for (const feature of [0, 1]) {
    const [mean, variance] = statistics(table, 6, (k) => k % 2 === feature);
    expect(found.get('n.mean')![feature]).toBeCloseTo(mean, 4);
    expect(found.get('n.variance')![feature]).toBeCloseTo(variance, 4);
  }
});

test('a network without such layers reads no row', () => {
  const net = network('  n = Normalization(mean: 1, variance: 4)\n  y = Dense(1)', '2');
  const values = zeros(net);
  const refuse = (): BoundTable => {
    throw new Error('rows were read');
  };
  expect(withLearnedStatistics(net, values, refuse)).toEqual(values);
});
