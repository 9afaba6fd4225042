import { describe, expect, test } from 'vitest';
import { forwardProgram } from '../../src/compiler/4-program/index.js';
import { paramShape } from '../../src/compiler/3-dims/index.js';
import { unitFacts } from '../../src/compiler/5-shrink/facts.js';
import { shrink } from '../../src/compiler/5-shrink/shrink.js';
import { allParams, type Network, nodeOf } from '../../src/ir/graph.js';
import { evaluate } from '../../src/program/evaluate.js';
import { sizeOf, type Tensor64 } from '../../src/program/program.js';
import { lower } from '../parity/support.js';
import { Random, seed } from '../program/support.js';
import { positive } from './harness.js';

const rest = '}\ndata { source: sparse_regression }\ntrain { loss: mse; epochs: 1 }\n';

/** A network with numbers drawn by name; state is positive. */
function drawn(layers: string, width = 3) {
  const { network } = lower(`model Net {\n  x = Input(${width})\n${layers}\n${rest}`);
  const random = new Random(layers);
  const values = new Map(
    allParams(network).map((param) => [
      param.name,
      Float32Array.from({ length: sizeOf(paramShape(param)) }, () =>
        param.trained ? random.between(-1, 1) : positive(random),
      ),
    ]),
  );
  return { network, values };
}

function outputs(network: Network, values: ReadonlyMap<string, ArrayLike<number>>): Float64Array {
  const random = new Random('rows');
  const width = (nodeOf(network.graph, 'x').arguments.shape as number[])[0]!;
  const data = Float64Array.from({ length: 5 * width }, () => random.between(-1, 1));
  const params = allParams(network).map((param): [string, Tensor64] => [
    param.name,
    { dtype: 'float', shape: paramShape(param), data: Float64Array.from(values.get(param.name)!) },
  ]);
  const x: Tensor64 = { dtype: 'float', shape: [5, width], data };
  const { results } = evaluate(forwardProgram(network, { mode: 'inference' }), { x, ...Object.fromEntries(params) });
  return Object.values(results)[0]!.data;
}

/** Shrinks, and holds the result, before folded numbers are rounded, to what the network computed. */
function shrunk({ network, values }: ReturnType<typeof drawn>) {
  const result = shrink(network, values);
  const before = outputs(network, values);
  const largest = Math.max(...before.map(Math.abs));
  const exact = new Map<string, ArrayLike<number>>([...result.values, ...result.exact]);
  outputs(result.network, exact).forEach((value, k) => {
    expect(Math.abs(value - before[k]!)).toBeLessThanOrEqual(1e-12 * largest);
  });
  return result;
}

const widthOf = (network: Network, layer: string) => network.shapes.get(layer)![0]!.at(-1)!.units.length;

describe(`batch normalization (seed ${seed})`, () => {
  test('a unit whose gamma is 0 is beta, and frees what makes it', () => {
    const net = drawn('  a = Dense(4)\n  n = BatchNormalization\n  r = Activation(relu)\n  y = Dense(2)');
    net.values.get('n.gamma')![2] = 0;
    const result = shrunk(net);
    expect(widthOf(result.network, 'a')).toBe(3);
    expect(result.values.get('n.moving_variance')).toHaveLength(3);
  });

  test('a constant unit goes through it, by moving statistics', () => {
    const net = drawn('  a = Dense(4)\n  n = BatchNormalization(center: false)\n  y = Dense(2)');
    net.values.get('a.kernel')!.forEach((_, k, kernel) => {
      if (k % 4 === 1) kernel[k] = 0;
    });
    expect(widthOf(shrunk(net).network, 'a')).toBe(3);
  });

  test('in training a constant unit is beta, whatever it was', () => {
    const { network, values } = drawn('  a = Dense(2)\n  n = BatchNormalization\n  y = Dense(1)');
    values.get('a.kernel')!.fill(0);
    const [last] = unitFacts(network, values, 'training').get('n')!;
    const beta = Array.from(values.get('n.beta')!, (constant) => ({ constant }));
    expect(last!.at(-1)).toEqual(beta);
    expect(unitFacts(network, values, 'inference').get('n')![0]!.at(-1)).not.toEqual(beta);
    const frozen = drawn('  a = Dense(2)\n  n = BatchNormalization(trainable: false)\n  y = Dense(1)');
    frozen.values.get('a.kernel')!.fill(0);
    expect(unitFacts(frozen.network, frozen.values, 'training').get('n')).toEqual(
      unitFacts(frozen.network, frozen.values, 'inference').get('n'),
    );
  });

  test('takes in its moving mean what a layer without a bias would fold', () => {
    const net = drawn('  a = Dense(4)\n  b = Dense(3, use_bias: false)\n  n = BatchNormalization\n  y = Dense(2)');
    net.values.get('a.kernel')!.forEach((_, k, kernel) => {
      if (k % 4 === 0) kernel[k] = 0;
    });
    const result = shrunk(net);
    expect(widthOf(result.network, 'a')).toBe(3);
    expect(nodeOf(result.network.graph, 'b').arguments.use_bias).toBe(false);
    expect(result.values.get('n.moving_mean')).not.toEqual(net.values.get('n.moving_mean'));
  });
});

test('group normalization loses whole groups', () => {
  const net = drawn('  a = Dense(6)\n  n = GroupNormalization(3)\n  y = Dense(2)');
  net.values.get('y.kernel')!.fill(0, 4, 8);
  const result = shrunk(net);
  expect(widthOf(result.network, 'a')).toBe(4);
  expect(nodeOf(result.network.graph, 'n').arguments.groups).toBe(2);
  const half = drawn('  a = Dense(6)\n  n = GroupNormalization(3)\n  y = Dense(2)');
  half.values.get('y.kernel')!.fill(0, 4, 6);
  expect(shrink(half.network, half.values).changed).toBe(false);
});

test('layer normalization keeps its units and says why', () => {
  const net = drawn('  a = Dense(4)\n  n = LayerNormalization\n  y = Dense(2)');
  net.values.get('y.kernel')!.fill(0, 2, 4);
  const result = shrunk(net);
  expect(widthOf(result.network, 'a')).toBe(4);
  expect(result.pins).toContainEqual({
    layer: 'a',
    indices: [1],
    reason: 'LayerNormalization takes mean and variance over all units, so the others would change without it',
  });
});

test('a product is 0 where one factor is', () => {
  const net = drawn('  a = Dense(4)\n  b = Dense(4) <- x\n  p = Multiply <- a, b\n  y = Dense(2)');
  for (const tensor of ['a.kernel', 'a.bias'])
    net.values.get(tensor)!.forEach((_, k, data) => {
      if (k % 4 === 3) data[k] = 0;
    });
  const result = shrunk(net);
  expect([widthOf(result.network, 'a'), widthOf(result.network, 'b')]).toEqual([3, 3]);
});

test('a split is told by sizes where its parts differ', () => {
  const net = drawn('  a = Dense(6)\n  l, r = Split(2)\n  s = Dense(2) <- l\n  t = Dense(2) <- r\n  y = Add <- s, t');
  net.values.get('s.kernel')!.fill(0, 2, 4);
  const result = shrunk(net);
  expect(nodeOf(result.network.graph, 'split_1').arguments.parts).toEqual([2, 3]);
});

test('a slice begins where its first unit went', () => {
  const net = drawn('  a = Dense(6)\n  s = Slice(2, 5)\n  t = Dense(2)\n  u = Dense(2) <- a\n  y = Add <- t, u');
  net.values.get('u.kernel')!.fill(0, 0, 2);
  net.values.get('u.kernel')!.fill(0, 6, 8);
  net.values.get('t.kernel')!.fill(0, 2, 4);
  const result = shrunk(net);
  // Units 0 and 3 are left out: 1 | 2, 4 | 5.
  expect(nodeOf(result.network.graph, 's').arguments).toMatchObject({ start: 1, stop: 3 });
});

test('an embedding loses units that nothing reads or that all vectors share', () => {
  const { network } = lower(
    `model Net {\n  x = Input(2)\n  e = Embedding(5, 4)\n  f = Flatten\n  y = Dense(2)\n${rest}`,
  );
  const random = new Random('embedding');
  const values = new Map(
    allParams(network).map((param) => [
      param.name,
      Float32Array.from({ length: sizeOf(paramShape(param)) }, () => random.between(-1, 1)),
    ]),
  );
  values.get('e.embeddings')!.forEach((_, k, table) => {
    if (k % 4 === 1) table[k] = 0.5;
  });
  values.get('y.kernel')!.fill(0, 6, 8).fill(0, 14, 16);
  const result = shrink(network, values);
  expect(nodeOf(result.network.graph, 'e').arguments).toMatchObject({ input_dim: 5, output_dim: 2 });
  const x: Tensor64 = { dtype: 'float', shape: [3, 2], data: Float64Array.of(0, 4, 2, 2, 3, 1) };
  const run = (of: Network, numbers: ReadonlyMap<string, ArrayLike<number>>) => {
    const params = allParams(of).map((param): [string, Tensor64] => [
      param.name,
      { dtype: 'float', shape: paramShape(param), data: Float64Array.from(numbers.get(param.name)!) },
    ]);
    return evaluate(forwardProgram(of, { mode: 'inference' }), { x, ...Object.fromEntries(params) }).results.y!.data;
  };
  const before = run(network, values);
  const exact = new Map<string, ArrayLike<number>>([...result.values, ...result.exact]);
  run(result.network, exact).forEach((value, k) => {
    expect(value).toBeCloseTo(before[k]!, 12);
  });
});
