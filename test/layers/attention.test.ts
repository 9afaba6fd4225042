import { describe, expect, test } from 'vitest';
import { forwardProgram } from '../../src/compiler/4-program/index.js';
import { paramShape } from '../../src/compiler/3-dims/index.js';
import { shrink } from '../../src/compiler/5-shrink/shrink.js';
import { allParams, type Network, nodeOf } from '../../src/ir/graph.js';
import { evaluate } from '../../src/program/evaluate.js';
import { sizeOf, type Tensor64 } from '../../src/program/program.js';
import { lower } from '../parity/support.js';
import { Random, seed } from '../program/support.js';

const [STEPS, WIDTH] = [3, 5];

/** Attention of a series to itself between two dense layers, with numbers drawn by name. */
function attention(call: string): { readonly network: Network; readonly values: Map<string, Float32Array> } {
  const { network } = lower(`model Net {
  x = Input(${STEPS}, 4)
  before = Dense(${WIDTH})
  it = ${call}
  pooled = GlobalAveragePooling1D
  after = Dense(2)
}
data { source: sparse_regression }
train { loss: mse; epochs: 1 }
`);
  const random = new Random(call);
  const values = new Map(
    allParams(network).map((param) => [
      param.name,
      Float32Array.from({ length: sizeOf(paramShape(param)) }, () => random.between(-1, 1)),
    ]),
  );
  return { network, values };
}

/** Sets the entries of a tensor, told by their indices. */
function plant(
  { network, values }: ReturnType<typeof attention>,
  tensor: string,
  at: (indices: readonly number[]) => boolean,
  value = 0,
): void {
  const param = network.params.get('it')![tensor]!;
  const shape = paramShape(param);
  const data = values.get(param.name)!;
  for (let k = 0; k < data.length; k++) {
    const indices: number[] = [];
    for (let axis = shape.length - 1, rest = k; axis >= 0; rest = Math.floor(rest / shape[axis]!), axis--)
      indices[axis] = rest % shape[axis]!;
    if (at(indices)) data[k] = value;
  }
}

function outputs(network: Network, values: ReadonlyMap<string, Float32Array | Float64Array>): Float64Array {
  const random = new Random('rows');
  const shape = [4, STEPS, 4];
  const x: Tensor64 = {
    dtype: 'float',
    shape,
    data: Float64Array.from({ length: sizeOf(shape) }, () => random.between(-1, 1)),
  };
  const params = allParams(network).map((param): [string, Tensor64] => [
    param.name,
    { dtype: 'float', shape: paramShape(param), data: Float64Array.from(values.get(param.name)!) },
  ]);
  return evaluate(forwardProgram(network, { mode: 'inference' }), { x, ...Object.fromEntries(params) }).results.after!
    .data;
}

/** Shrinks, holds the result to what it computed before, and gives the arguments that are left. */
function shrunk(it: ReturnType<typeof attention>): Readonly<Record<string, unknown>> {
  const result = shrink(it.network, it.values);
  const before = outputs(it.network, it.values);
  const largest = Math.max(...before.map(Math.abs));
  const exact = new Map<string, Float32Array | Float64Array>([...result.values, ...result.exact]);
  outputs(result.network, exact).forEach((value, k) => {
    expect(Math.abs(value - before[k]!)).toBeLessThanOrEqual(1e-12 * largest);
  });
  expect(shrink(result.network, result.values).changed).toBe(false);
  return nodeOf(result.network.graph, 'it').arguments;
}

describe(`shrinking inside of attention (seed ${seed})`, () => {
  test('nothing goes that matters', () => {
    const it = attention('MultiHeadAttention(3, 4)');
    expect(shrink(it.network, it.values).changed).toBe(false);
  });

  test.each([
    ['whose output is not read', 'output_kernel', ([head]: readonly number[]) => head === 1],
    ['without values', 'value_kernel', ([, head]: readonly number[]) => head === 1],
  ] as const)('a head goes %s', (_, tensor, at) => {
    const it = attention('MultiHeadAttention(3, 4)');
    plant(it, tensor, at);
    // Its constant values go into the bias of the output.
    expect(shrunk(it)).toMatchObject({ num_heads: 2, key_dim: 4 });
  });

  test('a key unit goes whose query is 0 in every head, and the scale stays', () => {
    const it = attention('MultiHeadAttention(2, 4)');
    plant(it, 'query_kernel', ([, , unit]) => unit === 2);
    plant(it, 'query_bias', ([, unit]) => unit === 2);
    expect(shrunk(it)).toMatchObject({ num_heads: 2, key_dim: 3, value_dim: 4, scale: 0.5 });
  });

  test('a key unit goes that is the same at all steps, without folding', () => {
    const it = attention('MultiHeadAttention(2, 4, use_causal_mask: true, scale: 0.75)');
    plant(it, 'key_kernel', ([, , unit]) => unit === 0);
    expect(shrunk(it)).toMatchObject({ key_dim: 3, value_dim: 4, scale: 0.75 });
  });

  test('a key unit whose query is a constant other than 0 stays', () => {
    const it = attention('MultiHeadAttention(2, 4)');
    plant(it, 'query_kernel', ([, , unit]) => unit === 1);
    expect(shrunk(it)).toMatchObject({ key_dim: 4 });
  });

  test('a key unit that matters in one head stays in all', () => {
    const it = attention('MultiHeadAttention(2, 4)');
    plant(it, 'key_kernel', ([, head, unit]) => head === 0 && unit === 1);
    expect(shrunk(it)).toMatchObject({ key_dim: 4 });
  });

  test('value units go that are constant, or that nothing reads', () => {
    const it = attention('MultiHeadAttention(2, 4)');
    plant(it, 'value_kernel', ([, , unit]) => unit === 3);
    plant(it, 'output_kernel', ([, unit]) => unit === 0);
    expect(shrunk(it)).toMatchObject({ key_dim: 4, value_dim: 2 });
  });

  test('without biases, only what is 0 goes', () => {
    const it = attention('MultiHeadAttention(2, 4, use_bias: false)');
    plant(it, 'value_kernel', ([, , unit]) => unit === 3);
    plant(it, 'value_kernel', ([, head]) => head === 1);
    expect(shrunk(it)).toMatchObject({ num_heads: 1, value_dim: 3 });
  });

  test('units that are dead in different ways in different heads go', () => {
    const it = attention('MultiHeadAttention(2, 3, value_dim: 3)');
    plant(it, 'query_kernel', ([, head, unit]) => head === 0 && unit === 1);
    plant(it, 'query_bias', ([head, unit]) => head === 0 && unit === 1);
    plant(it, 'key_kernel', ([, head, unit]) => head === 1 && unit === 1);
    plant(it, 'value_kernel', ([, head, unit]) => head === 0 && unit === 2);
    plant(it, 'output_kernel', ([head, unit]) => head === 1 && unit === 2);
    expect(shrunk(it)).toMatchObject({ num_heads: 2, key_dim: 2, value_dim: 2 });
  });

  test('an output that nothing reads, or that is a constant, goes', () => {
    const it = attention('MultiHeadAttention(2, 3)');
    it.values.get('after.kernel')!.fill(0, 0, 2);
    expect(shrunk(it)).toMatchObject({ output_shape: WIDTH - 1 });
    const idle = attention('MultiHeadAttention(2, 3)');
    plant(idle, 'output_kernel', ([, , unit]) => unit !== 0);
    expect(shrunk(idle)).toMatchObject({ num_heads: 2, output_shape: 1 });
  });
});
