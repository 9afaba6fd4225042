import { describe, expect, test } from 'vitest';
import { shrink } from '../../src/compiler/5-shrink/shrink.js';
import { compile } from '../../src/compiler/compile.js';
import { paramSize } from '../../src/compiler/3-dims/index.js';
import { Source } from '../../src/diagnostics/source.js';
import { Dims } from '../../src/ir/dims.js';
import { allParams, type Network, type Param } from '../../src/ir/graph.js';
import { beside, drawFeatures, drawPattern, enlarge, palette } from '../../src/reports/pattern-picture.js';
import { patternsOf, readersOf } from '../../src/reports/patterns.js';

const { network } = compile(
  new Source(
    'net.dn',
    `
model Net {
  x = Input(6)
  h = Dense(4, activation: relu)
  y = Dense(1)
}
data { source: sparse_regression(features: 6) }
train { loss: mse; epochs: 1 }
`,
  ),
);

/** Features 1 and 4 reach the outputs through units 0 and 3 of h. */
function values(): Map<string, Float32Array> {
  const all = new Map(allParams(network).map((param) => [param.name, new Float32Array(paramSize(param))]));
  const set = (name: string, columns: number, weights: readonly (readonly [number, number, number])[]) => {
    for (const [row, column, value] of weights) all.get(name)![row * columns + column] = value;
  };
  set('h.kernel', 4, [
    [1, 0, 0.5],
    [4, 0, -1],
    [4, 3, 2],
    // Nobody reads unit 2.
    [5, 2, 1],
  ]);
  set('y.kernel', 1, [
    [0, 0, 1],
    [3, 0, -1],
  ]);
  all.get('h.bias')!.fill(0.1);
  return all;
}

const INK = palette.length - 1;

describe('patterns', () => {
  const before = { title: 'as trained', network, values: values() };
  const shrunk = shrink(network, before.values);
  const after = { title: 'cut and shrunk', network: shrunk.network, values: shrunk.values };

  test('what is left stands where it stood', () => {
    const [h, y] = patternsOf(network, [before, after]);
    expect([h!.name, h!.rows, h!.columns, h!.taps]).toEqual(['h.kernel', 6, 4, 1]);
    const [full, small] = h!.stages.map(({ shown }) => shown);
    expect([full!.weights, full!.nonzero]).toEqual([24, 4]);
    expect([...full!.rows]).toEqual([1, 1, 1, 1, 1, 1]);
    expect([small!.weights, small!.nonzero]).toEqual([4, 3]);
    expect([...small!.rows]).toEqual([0, 1, 0, 0, 1, 0]);
    expect([...small!.columns]).toEqual([1, 0, 0, 1]);
    // biome-ignore format: rows of the kernel
    expect([...small!.counts]).toEqual([
      0, 0, 0, 0,
      1, 0, 0, 0,
      0, 0, 0, 0,
      0, 0, 0, 0,
      1, 0, 0, 1,
      0, 0, 0, 0,
    ]);
    expect([...y!.stages[1]!.shown.rows]).toEqual([1, 0, 0, 1]);
    expect([...y!.stages[1]!.shown.columns]).toEqual([1]);
  });

  test('how many weights read each feature', () => {
    const patterns = patternsOf(network, [before, after]);
    const read = readersOf(network, patterns, 'x')!;
    expect([...read.readers]).toEqual([0, 1, 0, 0, 2, 0]);
    expect([...read.kept]).toEqual([0, 1, 0, 0, 1, 0]);
    expect(readersOf(network, patterns, 'y')).toBeUndefined();
    expect(readersOf(network, patterns, 'nothing')).toBeUndefined();
  });

  test('a network with other units is left out', () => {
    const other = compile(
      new Source(
        'other.dn',
        'model Net {\nx = Input(6)\nh = Dense(5)\ny = Dense(1)\n}\ndata { source: sparse_regression(features: 6) }\ntrain { loss: mse; epochs: 1 }\n',
      ),
    ).network;
    const wider = {
      title: 'wider',
      network: other,
      values: new Map(allParams(other).map((param) => [param.name, new Float32Array(paramSize(param))])),
    };
    // The kernel of y reads the four units that it always read, and one more.
    expect(patternsOf(network, [wider])).toEqual([]);
  });

  test('a window of weights is one connection', () => {
    const dims = new Dims();
    const [channels, filters] = [dims.fresh(2, 'image'), dims.fresh(3, 'conv')];
    const param = {
      name: 'conv.kernel',
      layer: 'conv',
      tensor: 'kernel',
      axes: [
        { dim: dims.fresh(2, 'rows'), role: 'plain' },
        { dim: dims.fresh(1, 'columns'), role: 'plain' },
        { dim: channels, role: 'reads' },
        { dim: filters, role: 'writes' },
      ],
    } as unknown as Param;
    const convolution = {
      graph: { nodes: [{ name: 'conv' }] },
      dims,
      params: new Map([['conv', { kernel: param }]]),
    } as unknown as Network;
    const weights = Float32Array.from([1, 0, 0, 0, 0, 2, 3, 0, 0, 0, 4, 0]);
    const [pattern] = patternsOf(convolution, [
      { title: 'now', network: convolution, values: new Map([['conv.kernel', weights]]) },
    ]);
    expect(pattern).toMatchObject({ rows: 2, columns: 3, taps: 2 });
    expect([...pattern!.stages[0]!.shown.counts]).toEqual([2, 0, 0, 0, 1, 1]);
    const { pixels } = drawPattern(pattern!, pattern!.stages[0]!.shown);
    expect(pixels[0]).toBe(INK);
    expect(pixels[1]).toBe(0);
    expect(pixels[4]).toBeGreaterThan(2);
    expect(pixels[4]).toBeLessThan(INK);
  });

  test('black where a weight is not 0, white where it is, tinted where it was removed', () => {
    const [h] = patternsOf(network, [before, after]);
    const { width, height, pixels } = drawPattern(h!, h!.stages[1]!.shown);
    expect([width, height]).toEqual([4, 6]);
    // biome-ignore format: rows of the picture
    expect([...pixels]).toEqual([
      1, 1, 1, 1,
      INK, 1, 1, 0,
      1, 1, 1, 1,
      1, 1, 1, 1,
      INK, 1, 1, INK,
      1, 1, 1, 1,
    ]);
  });

  test('a kernel larger than a screen is drawn smaller, and a lone weight of it is still seen', () => {
    const [rows, columns] = [3000, 10];
    const counts = new Uint32Array(rows * columns);
    counts[1500 * columns + 5] = 1;
    const shown = {
      counts,
      rows: new Uint8Array(rows).fill(1),
      columns: new Uint8Array(columns).fill(1),
      weights: rows * columns,
      nonzero: 1,
    };
    const { width, height, pixels } = drawPattern({ rows, columns, taps: 1 }, shown);
    expect([width, height]).toEqual([4, 1000]);
    // One of nine weights: the second of the thirteen shades.
    expect([...pixels].flatMap((pixel, k) => (pixel === 0 ? [] : [[k, pixel]]))).toEqual([[500 * 4 + 1, 4]]);
  });
});

describe('pictures', () => {
  test('which pixels of an image are read', () => {
    const picture = drawFeatures([2, 2, 2], {
      readers: Uint32Array.of(5, 5, 0, 0, 1, 0, 0, 0),
      kept: Uint8Array.of(1, 1, 0, 0, 1, 0, 0, 1),
    });
    expect([...picture.pixels]).toEqual([INK, 1, 4, 0]);
  });

  test('beside each other in frames, and enlarged', () => {
    const dot = { width: 1, height: 1, palette, pixels: Uint8Array.of(INK) };
    const two = beside([dot, enlarge(dot, 2)], 1);
    // biome-ignore format: rows of the picture
    expect([two.width, two.height, ...two.pixels]).toEqual([8, 4,
      2, 2, 2, 0, 2, 2, 2, 2,
      2, INK, 2, 0, 2, INK, INK, 2,
      2, 2, 2, 0, 2, INK, INK, 2,
      0, 0, 0, 0, 2, 2, 2, 2,
    ]);
  });
});
