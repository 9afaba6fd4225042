import { describe, expect, test } from 'vitest';
import { originalShape, paramShape, paramSize } from '../../../src/compiler/3-dims/index.js';
import { stagePrinters } from '../../../src/compiler/stages.js';
import { Source } from '../../../src/diagnostics/source.js';
import { extents } from '../../../src/ir/dims.js';
import { allParams, type Network } from '../../../src/ir/graph.js';
import { dimsOf, specText } from '../lowered.js';

const networkOf = (body: string): Network => {
  const { network, lines } = dimsOf(specText(body));
  expect(lines).toEqual([]);
  return network;
};

/** Representatives of the units of a layer's axis. */
const roots = ({ shapes, dims }: Network, layer: string, axis = 0) =>
  shapes
    .get(layer)![0]!
    .at(axis)!
    .units.map((unit) => dims.find(unit));

describe('coupling', () => {
  test('goes through layers that only hand units on', () => {
    const network = networkOf(
      'x = Input(3)\na = Dense(4)\nact = Activation(relu)\ndrop = Dropout(0.5)\nflat = Flatten\nre = Reshape(4)\nsc = Rescaling(2)\ny = Dense(2)',
    );
    for (const layer of ['act', 'drop', 'flat', 're', 'sc'])
      expect(roots(network, layer), layer).toEqual(roots(network, 'a'));
    expect(roots(network, 'y')).not.toEqual(roots(network, 'a').slice(0, 2));
    // The kernel reads what `a` writes.
    const { kernel, bias } = network.params.get('y')!;
    expect(kernel!.axes.map((axis) => axis.role)).toEqual(['reads', 'writes']);
    expect(kernel!.axes[0]!.dim.units.map((unit) => network.dims.find(unit))).toEqual(roots(network, 'a'));
    expect(kernel!.axes[1]!.dim.units.map((unit) => network.dims.find(unit))).toEqual(roots(network, 'y'));
    expect(bias!.axes.map((axis) => axis.role)).toEqual(['writes']);
    expect(bias!.axes[0]!.dim.units.map((unit) => network.dims.find(unit))).toEqual(roots(network, 'y'));
  });

  test('is of units one by one, where two layers read the same one', () => {
    const { network } = dimsOf(
      specText('x = Input(3)\na = Dense(4)\nb = Dense(2)\nc = Dense(2) <- a', { head: 'Net -> b, c' }),
    );
    const reads = (layer: string) => network.params.get(layer)!.kernel!.axes[0]!.dim;
    expect(reads('b')).toBe(reads('c'));
  });

  test('of a flattened picture: every feature is made of a row and a column', () => {
    const network = networkOf('x = Input(2, 3)\na = Dense(4)\nflat = Flatten\ny = Dense(2)');
    const flat = network.shapes.get('flat')![0]![0]!;
    expect(flat.units).toHaveLength(8);
    flat.units.forEach((unit, k) => {
      expect(network.dims.componentsOf(unit)).toEqual([
        roots(network, 'x')[Math.floor(k / 4)],
        roots(network, 'a', -1)[k % 4],
      ]);
    });
  });

  test('a Dense layer carries the axes before the last one along', () => {
    const network = networkOf('x = Input(2, 3)\na = Dense(4)\nflat = Flatten\ny = Dense(1)');
    expect(roots(network, 'a', 0)).toEqual(roots(network, 'x', 0));
  });
});

describe('units that stay', () => {
  const pinsOf = (network: Network, layer: string, axis = 0) => {
    const pins = network.shapes
      .get(layer)![0]!
      .at(axis)!
      .units.map((unit) => network.dims.pinOf(unit));
    return [...new Set(pins)];
  };

  test('outputs are the interface', () => {
    const network = networkOf('x = Input(3)\na = Dense(4)\ny = Dense(2)');
    expect(pinsOf(network, 'y')).toEqual(['output']);
    expect(pinsOf(network, 'a')).toEqual([undefined]);
    expect(pinsOf(network, 'x')).toEqual([undefined]);
  });

  test('outputs are so on every axis', () => {
    const network = networkOf('x = Input(3)\na = Dense(6)\ntall = Reshape(6, 1)');
    expect(pinsOf(network, 'a')).toEqual(['output']);
  });

  test('an Input reads all places, and features of the last axis may go', () => {
    const network = networkOf('x = Input(2, 3)\nflat = Flatten\ny = Dense(2)');
    expect(pinsOf(network, 'x', 0)[0]).toMatch(/reads all places/);
    expect(pinsOf(network, 'x', 1)).toEqual([undefined]);
    expect(pinsOf(network, 'flat')).toEqual([undefined]);
  });

  test('what Reshape splits, on both sides', () => {
    const network = networkOf('x = Input(3)\na = Dense(6)\ngrid = Reshape(2, 3, 1)\nflat = Flatten\ny = Dense(2)');
    expect(pinsOf(network, 'a')[0]).toMatch(/splits this axis/);
    expect(pinsOf(network, 'grid', 0)[0]).toMatch(/splits this axis/);
  });

  test('places that Reshape makes of a flat axis, and not its channels', () => {
    const network = networkOf('x = Input(3)\na = Dense(6)\ngrid = Reshape(2, 3)\nflat = Flatten\ny = Dense(2)');
    expect(pinsOf(network, 'a')).toEqual([undefined]);
    expect(pinsOf(network, 'grid', 0)[0]).toMatch(/places/);
    expect(pinsOf(network, 'grid', 1)).toEqual([undefined]);
  });

  test('axes of 1 that Reshape adds and Flatten drops', () => {
    const network = networkOf('x = Input(3)\na = Dense(6)\ntall = Reshape(6, 1)\nflat = Flatten\ny = Dense(2)');
    expect(roots(network, 'tall')).toEqual(roots(network, 'a'));
    expect(roots(network, 'flat')).toEqual(roots(network, 'a'));
    expect(pinsOf(network, 'tall', 1)[0]).toMatch(/axis of size 1/);
    expect(pinsOf(network, 'a')).toEqual([undefined]);
  });
});

describe('originals from a weights file', () => {
  const originals = { x: { indices: [0, 2], width: 5 }, a: { indices: [1, 4, 6], width: 10 } };
  const { network, lines } = dimsOf(specText('x = Input(5, keep: [0, 2])\na = Dense(3)\ny = Dense(2)'), { originals });

  test('are what units are told by', () => {
    expect(lines).toEqual([]);
    const indices = (layer: string) =>
      network.shapes.get(layer)![0]![0]!.units.map((unit) => network.dims.origin(unit).index);
    expect(indices('a')).toEqual([1, 4, 6]);
    expect(indices('x')).toEqual([0, 2]);
    // Nothing is known of y: its units count from 0.
    expect(indices('y')).toEqual([0, 1]);
  });

  test('give parameters the extents that they had', () => {
    const shapes = Object.fromEntries(
      allParams(network).map((param) => [param.name, [paramShape(param), originalShape(network, param)]]),
    );
    expect(shapes).toEqual({
      'a.kernel': [
        [2, 3],
        [5, 10],
      ],
      'a.bias': [[3], [10]],
      'y.kernel': [
        [3, 2],
        [10, 2],
      ],
      'y.bias': [[2], [2]],
    });
    expect(allParams(network).map(paramSize)).toEqual([6, 3, 6, 2]);
  });
});

describe('mistakes', () => {
  test.each([
    [
      'Reshape to another number of elements',
      'x = Input(6)\na = Reshape(2, 4)\nflat = Flatten\ny = Dense(1)',
      /^shape-mismatch @a = Reshape\(2, 4\): .*6.*8/,
    ],
    [
      'keep out of range',
      'x = Input(6, keep: [1, 6])\ny = Dense(1)',
      /^shape-mismatch @x = Input\(6, keep: \[1, 6\]\): .*0 to 5.*6/,
    ],
    [
      'a `keep` out of range on several axes, where it is of the last one',
      'x = Input(4, 3, keep: [1, 3])\nflat = Flatten\ny = Dense(1)',
      /^shape-mismatch @x = Input\(4, 3, keep: \[1, 3\]\): .*0 to 2.*3/,
    ],
    ['an Input without a shape', 'x = Input\ny = Dense(1)', /^input-without-shape @x = Input: .*the data source/],
    [
      'a forgotten Flatten',
      'x = Input(4, 4, 2)\ny = Dense(1)',
      /^forgotten-flatten @y = Dense\(1\): .*4×4×2 \(put a line `Flatten` or `GlobalAveragePooling2D` before it; if every place is meant by itself, say so: `Conv2D\(1, 1\)`\)$/,
    ],
  ])('%s', (_, body, wanted) => {
    const { lines } = dimsOf(specText(body));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(wanted);
  });

  test('two axes before a Dense layer are no mistake', () => {
    expect(dimsOf(specText('x = Input(4, 4)\ny = Dense(1)')).lines).toEqual([]);
  });

  test('what follows a mistake is still checked', () => {
    const { lines } = dimsOf(specText('x = Input(6)\na = Reshape(4)\nb = Dense(3)\nc = Reshape(2)\ny = Dense(1)'));
    expect(lines.map((line) => line.split(':')[0])).toEqual([
      'shape-mismatch @a = Reshape(4)',
      'shape-mismatch @c = Reshape(2)',
    ]);
  });
});

describe('an Input without a shape', () => {
  test('takes that of its data, and it stands in the graph', () => {
    const { network, lines } = dimsOf(specText('x = Input\nflat = Flatten\ny = Dense(1)'), {
      shapeOfData: (name) => (name === 'x' ? [2, 3] : undefined),
      source: 'somewhere',
    });
    expect(lines).toEqual([]);
    expect(extents(network.shapes.get('x')![0]!)).toEqual([2, 3]);
    expect(network.graph.nodes[0]!.arguments.shape).toEqual([2, 3]);
  });

  test('names the source that does not tell', () => {
    const { lines } = dimsOf(specText('x = Input\ny = Dense(1)'), { shapeOfData: () => undefined, source: 'idx' });
    expect(lines).toEqual([expect.stringMatching(/^input-without-shape @x = Input: .*idx/)]);
  });
});

test('the stage as text', () => {
  const text = specText('x = Input(3)\na = Dense(4, use_bias: false)\ndrop = Dropout(0.5)\ny = Dense(1)');
  expect(stagePrinters.dims(new Source('net.dn', text), {})).toBe(
    'x: 3  [u0..2]\n' +
      'a: 4  [u3..6]\n' +
      '  a.kernel: 3×4  [reads u0..2 | writes u3..6]\n' +
      'drop: 4  [u3..6]\n' +
      'y: 1  [u7]  pinned: output\n' +
      '  y.kernel: 4×1  [reads u3..6 | writes u7]\n' +
      '  y.bias: 1  [writes u7]\n',
  );
});
