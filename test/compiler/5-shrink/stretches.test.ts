import { describe, expect, it } from 'vitest';
import { lowerDims, originalIndices, originalShape, paramShape } from '../../../src/compiler/3-dims/index.js';
import type { ShrinkResult } from '../../../src/compiler/5-shrink/shrink.js';
import { Reports } from '../../../src/diagnostics/report.js';
import { allParams, type Network } from '../../../src/ir/graph.js';
import { initialValues } from '../../../src/runtime/weights/initial-values.js';
import {
  decodeModelWeights,
  encodeModelWeights,
  originalsOfNetwork,
} from '../../../src/runtime/weights/model-weights.js';
import { netOf, Plant, plant } from './plant.js';

/** The initial values of the layer `it`, by tensor. */
function startOf(layers: string): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    [...initialValues(netOf(layers), 7)].flatMap(([name, data]) => (name.startsWith('it.') ? [[name, [...data]]] : [])),
  );
}

describe('what stands behind a part of an axis starts as behind an Input of that width', () => {
  const slices = (axis: number): readonly (readonly [string, string])[] => [
    ['Slice', `cut = Slice(3, 7, axis: ${axis})`],
    ['Slice from the end', `cut = Slice(-4, axis: ${axis})`],
    ['Slice of a Slice', `most = Slice(1, axis: ${axis})\n cut = Slice(2, 6, axis: ${axis}) <- most`],
    ['Split', `a, cut, b = Split([2, 4, 3], axis: ${axis})`],
    ['Slice behind an activation', `some = Slice(5, axis: ${axis})\n cut = Activation(tanh) <- some`],
    [
      'Split and Concatenate',
      `a, b = Split([2, 7], axis: ${axis})\n c = Slice(0, 2, axis: ${axis}) <- b
      cut = Concatenate(axis: ${axis}) <- c, a`,
    ],
    [
      'Concatenate and Slice',
      `twice = Concatenate(axis: ${axis}) <- x, x\n cut = Slice(7, 11, axis: ${axis}) <- twice`,
    ],
    ['Slice and Add', `a = Slice(0, 4, axis: ${axis}) <- x\n b = Slice(5, axis: ${axis}) <- x\n cut = Add <- a, b`],
  ];
  const readers: readonly (readonly [string, readonly number[]])[] = [
    ['Dense(5)', [9]],
    ['Dense(5, kernel_initializer: orthogonal)', [9]],
    ['Dense(5, kernel_initializer: he_normal)', [9]],
    ['Dense(5)', [3, 9]],
    ['TimeDistributed(Dense(5))', [3, 9]],
    ['SimpleRNN(3)', [3, 9]],
    ['LSTM(3)', [3, 9]],
    ['GRU(3)', [3, 9]],
    ['Bidirectional(LSTM(3))', [3, 9]],
    ['MultiHeadAttention(2, 3)', [3, 9]],
    ['Conv1D(3, 2)', [3, 9]],
    ['Conv2D(3, 2)', [3, 3, 9]],
    ['Conv2D(4, 2, groups: 2)', [3, 3, 9]],
    ['Conv2DTranspose(3, 2)', [3, 3, 9]],
    ['SeparableConv2D(3, 2)', [3, 3, 9]],
  ];
  for (const [reader, shape] of readers)
    it.each(slices(shape.length))(`${reader} of ${shape.join('×')} behind %s`, (_, text) => {
      const of = (extents: readonly number[]) => `x = Input(${extents.join(', ')})\n`;
      const found = startOf(`${of(shape)} ${text}\n it = ${reader} <- cut`);
      const wanted = startOf(`${of([...shape.slice(0, -1), 4])} it = ${reader}`);
      expect(Object.keys(found).length).toBeGreaterThan(0);
      expect(found).toEqual(wanted);
    });

  it('steps and places, which a Flatten joins with channels', () => {
    const found = startOf('x = Input(5, 3)\n some = Slice(1, 3, axis: 1)\n flat = Flatten\n it = Dense(4)');
    expect(found).toEqual(startOf('x = Input(2, 3)\n flat = Flatten\n it = Dense(4)'));
    const last = startOf('x = Input(5, 3)\n some = Slice(-1, axis: 1)\n flat = Flatten\n it = Dense(4)');
    expect(last).toEqual(startOf('x = Input(3)\n it = Dense(4)'));
  });

  it('channels that stand on another axis than the last', () => {
    const found = startOf('x = Input(5, 3)\n turn = Permute(2, 1)\n some = Slice(1, 3, axis: 1)\n it = LSTM(4)');
    expect(found).toEqual(startOf('x = Input(2, 5)\n it = LSTM(4)'));
  });
});

/** What is left, and what a weights file makes of it again. */
function bothOf({ network, values }: ShrinkResult): readonly Network[] {
  const file = encodeModelWeights({ network, values, originals: originalsOfNetwork(network) });
  const reports = new Reports();
  const again = lowerDims(network.graph, { originals: decodeModelWeights(file, 'left').originals }, reports);
  reports.throwIfFailed();
  return [network, again];
}

/** Holds a kernel of two axes to its rows and columns in the whole network. */
function expectKernel(whole: Plant, result: ShrinkResult, name: string, rows: number[], columns: number[]): void {
  const before = initialValues(whole.network, 5).get(name)!;
  const [height, width] = paramShape(whole.param(name)) as [number, number];
  const wanted = rows.flatMap((row) => columns.map((column) => before[row * width + column]!));
  for (const network of bothOf(result)) {
    const param = allParams(network).find((one) => one.name === name)!;
    expect(originalShape(network, param)).toEqual([height, width]);
    expect(originalIndices(network, param)).toEqual([rows, columns]);
    expect([...initialValues(network, 5).get(name)!]).toEqual(wanted);
  }
}

describe('what reads a part of an axis that lost units', () => {
  it('is drawn by the fans and places of the whole part', () => {
    const net = plant('x = Input(4)\nh = Dense(8)\ncut = Slice(2, 7)\nout = Dense(3)', 301);
    const it = net.noReader('h', [2, 5]).shrink();
    expect(it.left('h')).toEqual([3, 4, 6]);
    expect([it.argument('cut', 'start'), it.argument('cut', 'stop')]).toEqual([0, undefined]);
    expectKernel(net, it.result, 'out.kernel', [1, 2, 4], [0, 1, 2]);
  });

  it('where it is an Input that lost features', () => {
    const net = plant(
      'x = Input(8)\na, b = Split([3, 5])\nleft = Dense(2) <- a\nright = Dense(2) <- b',
      302,
      'left, right',
    );
    const it = net.noReader('x', [0, 3, 6]).shrink();
    expect(it.argument('x', 'keep')).toEqual([1, 2, 4, 5, 7]);
    expectKernel(net, it.result, 'left.kernel', [1, 2], [0, 1]);
    expectKernel(net, it.result, 'right.kernel', [1, 2, 4], [0, 1]);
  });

  it('beside another that is gone', () => {
    const net = plant(
      'x = Input(4)\nh = Dense(8)\na, b = Split([3, 5])\nboth = Concatenate <- b, a\nout = Dense(3)\nlast = Dense(2)',
      303,
    );
    const it = net.noReader('h', [3, 4, 5, 6, 7]).noReader('h', [1]).shrink();
    expect(it.left('h')).toEqual([0, 2]);
    // b stood before a.
    expectKernel(net, it.result, 'out.kernel', [5, 7], [0, 1, 2]);
  });

  it('as do units beside those of a layer that is gone, and the Concatenate of both with it', () => {
    const net = plant('x = Input(4)\na = Dense(3)\nb = Dense(2) <- x\nboth = Concatenate <- a, b\nout = Dense(3)', 304);
    const it = net.noReader('a', [0, 1, 2]).shrink();
    expect(it.layers).toEqual(['x', 'b', 'out']);
    expectKernel(net, it.result, 'out.kernel', [3, 4], [0, 1, 2]);
  });

  it('and loses more later', () => {
    const net = plant('x = Input(4)\nh = Dense(9)\ncut = Slice(2, 8)\nout = Dense(3)', 305);
    const first = net.noReader('h', [3, 6]).shrink();
    const [, again] = bothOf(first.result);
    const later = new Plant(again!, 306);
    const it = later.noReader('h', [0, 2]).shrink();
    expect(it.left('h')).toEqual([4, 7]);
    expectKernel(net, it.result, 'out.kernel', [2, 5], [0, 1, 2]);
  });
});
