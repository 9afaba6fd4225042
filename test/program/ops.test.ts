import { describe, expect, test } from 'vitest';
import { Builder } from '../../src/program/builder.js';
import { evaluate, evaluateInstruction } from '../../src/program/evaluate.js';
import { errorFunction } from '../../src/program/ops/erf.js';
import { type OpName, ops } from '../../src/program/ops/index.js';
import type { Attributes, DType, Extent, TensorType } from '../../src/program/program.js';
import { difference, Random, seed, tensor } from './support.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** A tensor written as nested arrays, with its dtype. */
type Nested = number | readonly Nested[];
function nested(value: Nested, dtype: DType = 'float') {
  const shape: number[] = [];
  for (let at = value; typeof at !== 'number'; at = at[0]!) shape.push(at.length);
  return tensor(shape, (typeof value === 'number' ? [value] : value.flat(9 as 0)) as number[], dtype);
}
const f = (value: Nested) => nested(value);
const i = (value: Nested) => nested(value, 'int');
const t = (value: Nested) => nested(value, 'bool');
type Tensor = ReturnType<typeof f>;

function run(op: string, inputs: readonly Tensor[], attributes: Attributes = {}): readonly Tensor[] {
  const types = ops[op]!.infer(
    inputs.map(({ dtype, shape }) => ({ dtype, shape })),
    attributes,
  );
  const instruction = { op, inputs: [], outputs: [], attributes, region: 'data' as const };
  const outputs = evaluateInstruction(instruction, inputs, types);
  expect(outputs.map(({ dtype, shape }) => ({ dtype, shape }))).toEqual(types);
  return outputs;
}

type Golden = readonly [inputs: readonly Tensor[], output: Tensor | readonly Tensor[], attributes?: Attributes];

const matrix = f([
  [1, 5, 2],
  [4, 3, 6],
]);

const golden: Record<OpName, readonly Golden[]> = {
  constant: [[[], f([1, -0]), { dtype: 'float', shape: [2], data: Float64Array.of(1, -0) }]],
  negate: [
    [[f([1, 0, -inf])], f([-1, -0, inf])],
    [[i([1, 0, -(2 ** 31)])], i([-1, 0, -(2 ** 31)])],
  ],
  abs: [[[f([-1.5, 2, -0])], f([1.5, 2, 0])]],
  sign: [[[f([-1.5, 0, 9])], f([-1, 0, 1])]],
  exp: [[[f([0, 1, -inf])], f([1, Math.E, 0])]],
  log: [[[f([1, 0, -1])], f([0, -inf, nan])]],
  sqrt: [[[f([4, 0, -1])], f([2, 0, nan])]],
  square: [[[f([-3, 0.5])], f([9, 0.25])]],
  reciprocal: [[[f([4, -0.5, 0])], f([0.25, -2, inf])]],
  tanh: [[[f([0, 1000, -1000])], f([0, 1, -1])]],
  sigmoid: [[[f([0, 1000, -1000, -18])], f([0.5, 1, 0, 1.522997951276035e-8])]],
  softplus: [[[f([0, 1000, -1000, -40])], f([Math.LN2, 1000, 0, 4.248354255291589e-18])]],
  relu: [[[f([-1, 0, 2, nan])], f([0, 0, 2, nan])]],
  erf: [[[f([0, 7, -7])], f([0, 1, -1])]],
  not: [[[t([0, 1])], t([1, 0])]],
  cast: [
    [[f([1.7, -1.7, 0])], i([1, -1, 0]), { dtype: 'int' }],
    [[f([0.5, 0, -2])], t([1, 0, 1]), { dtype: 'bool' }],
    [[t([1, 0])], f([1, 0]), { dtype: 'float' }],
  ],
  add: [
    [[matrix, f([10, 20, 30])], f([[11, 25, 32], [14, 23, 36]])], // biome-ignore format: a matrix
    [[f([[1], [2]]), f([[10, 20]])], f([[11, 21], [12, 22]])], // biome-ignore format: a matrix
    [[i([2 ** 31 - 1]), i(1)], i([-(2 ** 31)])],
  ],
  subtract: [
    [[f(1), f([1, 2])], f([0, -1])],
    [[i(-(2 ** 31)), i(1)], i(2 ** 31 - 1)],
  ],
  multiply: [
    [[f([2, 3]), f([4, 0.5])], f([8, 1.5])],
    [[i(65537), i(65537)], i(131073)],
  ],
  divide: [[[f([1, -1, 0]), f([2, 0, 0])], f([0.5, -inf, nan])]],
  maximum: [[[f([1, 2, nan]), f([2, 1, 1])], f([2, 2, nan])]],
  minimum: [[[f([1, 2, nan]), f([2, 1, 1])], f([1, 1, nan])]],
  power: [[[f([2, 4, 0, 0]), f([3, 0.5, 0, 2])], f([8, 2, 1, 0])]],
  greater: [[[f([1, 2, nan]), f([2, 1, 0])], t([0, 1, 0])]],
  greater_equal: [[[f([1, 2, 3]), f([2, 2, 2])], t([0, 1, 1])]],
  less: [[[i([1, 2, 3]), i([2, 2, 2])], t([1, 0, 0])]],
  less_equal: [[[i([1, 2, 3]), i([2, 2, 2])], t([1, 1, 0])]],
  equal: [
    [[f([1, -0, nan]), f([2, 0, nan])], t([0, 1, 0])],
    [[t([1, 0]), t([1, 1])], t([1, 0])],
  ],
  and: [[[t([0, 0, 1, 1]), t([0, 1, 0, 1])], t([0, 0, 0, 1])]],
  or: [[[t([0, 0, 1, 1]), t([0, 1, 0, 1])], t([0, 1, 1, 1])]],
  select: [
    [[t([[1], [0]]), f([1, 2]), f(nan)], f([[1, 2], [nan, nan]])], // biome-ignore format: a matrix
    [[t(1), i(1), i([2, 3])], i([1, 1])],
  ],
  sum: [
    [[matrix], f(21), { axes: [0, 1], keepDims: false }],
    [[matrix], f([[8], [13]]), { axes: [1], keepDims: true }],
    [[matrix], f([5, 8, 8]), { axes: [0], keepDims: false }],
    [[tensor([0, 2], [])], f([0, 0]), { axes: [0], keepDims: false }],
  ],
  mean: [[[matrix], f([8 / 3, 13 / 3]), { axes: [1], keepDims: false }]],
  max: [
    [[matrix], f([5, 6]), { axes: [1], keepDims: false }],
    [[f([1, nan, 2])], f(nan), { axes: [0], keepDims: false }],
  ],
  min: [[[matrix], f([[1, 3, 2]]), { axes: [0], keepDims: true }]],
  norm: [[[f([[3, 4], [0, 0]])], f([5, 0]), { axes: [1], keepDims: false }]], // biome-ignore format: a matrix
  argmax: [
    [[f([[1, 7, 7], [3, 3, 3]])], i([1, 0]), { axis: 1 }], // biome-ignore format: a matrix
    [[matrix], i([1, 0, 1]), { axis: 0 }],
  ],
  reshape: [[[matrix], f([[1, 5], [2, 4], [3, 6]]), { shape: [3, 2] }]], // biome-ignore format: a matrix
  transpose: [
    [[matrix], f([[1, 4], [5, 3], [2, 6]]), { permutation: [1, 0] }], // biome-ignore format: a matrix
    [[f([[[1, 2], [3, 4]]])], f([[[1], [3]], [[2], [4]]]), { permutation: [2, 1, 0] }], // biome-ignore format: a tensor
  ],
  broadcast_to: [[[f([1, 2])], f([[1, 2], [1, 2]]), { shape: [2, 2] }]], // biome-ignore format: a matrix
  concat: [
    [[f([[1], [2]]), f([[3, 4], [5, 6]])], f([[1, 3, 4], [2, 5, 6]]), { axis: 1 }], // biome-ignore format: a matrix
    [[i([1]), i([2, 3])], i([1, 2, 3]), { axis: 0 }],
  ],
  slice: [
    [[matrix], f([[5, 2], [3, 6]]), { axis: 1, start: 1, end: 3 }], // biome-ignore format: a matrix
    [[matrix], f([[4, 3, 6]]), { axis: 0, start: 1, end: 2 }],
  ],
  pad: [[[f([[1], [2]])], f([[0, 1, 0, 0], [0, 2, 0, 0]]), { axis: 1, before: 1, after: 2 }]], // biome-ignore format: a matrix
  gather: [
    [[matrix, i([2, 2, 0])], f([[2, 2, 1], [6, 6, 4]]), { axis: 1 }], // biome-ignore format: a matrix
    [[matrix, i([1])], f([[4, 3, 6]]), { axis: 0 }],
  ],
  scatter_add: [[[matrix, i([1, 3, 1])], f([[0, 3, 0, 5], [0, 10, 0, 3]]), { axis: 1, extent: 4 }]], // biome-ignore format: a matrix
  one_hot: [[[i([2, 0])], f([[0, 0, 1], [1, 0, 0]]), { depth: 3 }]], // biome-ignore format: a matrix
  topk: [[[f([[1, 5, 5, 2]])], [f([[5, 5, 2]]), i([[1, 2, 3]])], { k: 3 }]],
  matmul: [
    [[matrix, f([[1], [2], [3]])], f([[17], [28]]), { transposeX: false, transposeY: false }],
    [[matrix, f([[1], [2]])], f([[9], [11], [14]]), { transposeX: true, transposeY: false }],
    [[f([[1, 2]]), f([[3, 4], [5, 6]])], f([[11, 17]]), { transposeX: false, transposeY: true }], // biome-ignore format: a matrix
    [[f([[1], [2]]), f([[3, 4], [5, 6]])], f([[11, 17]]), { transposeX: true, transposeY: true }], // biome-ignore format: a matrix
    [[f([[[1]], [[2]]]), f([[5]])], f([[[5]], [[10]]]), { transposeX: false, transposeY: false }],
  ],
  log_softmax: [[[f([[1000, 1000], [0, -1000]])], f([[-Math.LN2, -Math.LN2], [0, -1000]])]], // biome-ignore format: a matrix
  softmax: [[[f([[1000, 1000], [0, -1000]])], f([[0.5, 0.5], [1, 0]])]], // biome-ignore format: a matrix
};

describe('evaluates', () => {
  for (const [op, cases] of Object.entries(golden)) {
    test(op, () => {
      for (const [inputs, output, attributes] of cases) {
        const expected = Array.isArray(output) ? (output as Tensor[]) : [output as Tensor];
        expect(run(op, inputs, attributes)).toEqual(expected);
      }
    });
  }
});

test('every op says what it is under its own name', () => {
  for (const [name, op] of Object.entries(ops)) {
    expect(op.keyword).toBe(name);
    expect(op.summary).toMatch(/\S/);
  }
});

test('erf agrees with C99', () => {
  // math.erf of CPython.
  const table = [
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [3, 0.9999779095030014],
    [5.5, 0.9999999999999927],
    [-0.7, -0.6778011938374184],
  ] as const;
  for (const [x, y] of table) expect(Math.abs(errorFunction(x) / y - 1)).toBeLessThan(1e-15);
  expect(errorFunction(Number.NaN)).toBeNaN();
});

test(`a product is the sum of products, whatever is transposed and however large (seed ${seed})`, () => {
  const r = new Random('matmul');
  for (const [n, k, m] of [
    [3, 130, 5],
    [2, 7, 600],
    [65, 66, 67],
  ] as const) {
    const x = Array.from({ length: n * k }, () => r.between(-1, 1));
    const y = Array.from({ length: k * m }, () => r.between(-1, 1));
    const expected = Array.from({ length: n * m }, (_, at) => {
      const [row, column] = [Math.floor(at / m), at % m];
      let sum = 0;
      for (let p = 0; p < k; p++) sum += x[row * k + p]! * y[p * m + column]!;
      return sum;
    });
    const turned = (data: readonly number[], rows: number, columns: number) =>
      Array.from({ length: rows * columns }, (_, at) => data[(at % rows) * columns + Math.floor(at / rows)]!);
    for (const transposeX of [false, true]) {
      for (const transposeY of [false, true]) {
        const a = transposeX ? tensor([k, n], turned(x, n, k)) : tensor([n, k], x);
        const b = transposeY ? tensor([m, k], turned(y, k, m)) : tensor([k, m], y);
        const [product] = run('matmul', [a, b], { transposeX, transposeY });
        expect(Array.from(product!.data)).toEqual(expected);
      }
    }
  }
});

describe('infers', () => {
  const type = (...shape: Extent[]): TensorType => ({ dtype: 'float', shape });
  const int = (...shape: Extent[]): TensorType => ({ dtype: 'int', shape });
  const bool = (...shape: Extent[]): TensorType => ({ dtype: 'bool', shape });
  const plain = { transposeX: false, transposeY: false };

  const right: readonly (readonly [OpName, readonly TensorType[], Attributes, TensorType])[] = [
    ['add', [type('batch', 3), type(3)], {}, type('batch', 3)],
    ['add', [type('batch', 1), type(1, 3)], {}, type('batch', 3)],
    ['greater', [int('batch'), int()], {}, bool('batch')],
    ['select', [bool('batch', 1), type(3), type()], {}, type('batch', 3)],
    ['sum', [type('batch', 3)], { axes: [0], keepDims: false }, type(3)],
    ['argmax', [type('batch', 3)], { axis: 1 }, int('batch')],
    ['reshape', [type('batch', 2, 3)], { shape: ['batch', 6] }, type('batch', 6)],
    ['transpose', [type('batch', 2, 3)], { permutation: [0, 2, 1] }, type('batch', 3, 2)],
    ['broadcast_to', [type()], { shape: ['batch', 6] }, type('batch', 6)],
    ['concat', [type('batch', 2), type('batch', 3)], { axis: 1 }, type('batch', 5)],
    ['gather', [type('batch', 2), int(7)], { axis: 1 }, type('batch', 7)],
    ['gather', [type(9, 2), int('batch')], { axis: 0 }, type('batch', 2)],
    ['scatter_add', [type('batch', 2), int('batch')], { axis: 0, extent: 9 }, type(9, 2)],
    ['one_hot', [int('batch')], { depth: 10 }, type('batch', 10)],
    ['matmul', [type('batch', 3), type(3, 4)], plain, type('batch', 4)],
    ['matmul', [type('batch', 3), type('batch', 4)], { transposeX: true, transposeY: false }, type(3, 4)],
    ['matmul', [type('batch', 5, 3), type(3, 4)], plain, type('batch', 5, 4)],
  ];
  for (const [op, inputs, attributes, output] of right) {
    test(`${op} of ${inputs.map((one) => `[${one.shape.join()}]`).join(' and ')}`, () => {
      expect(ops[op]!.infer(inputs, attributes)).toEqual([output]);
    });
  }

  const wrong: readonly (readonly [OpName, readonly TensorType[], Attributes, string])[] = [
    ['constant', [], { dtype: 'float', shape: [2], data: Float64Array.of(1) }, 'constant: [2] holds 2 numbers and 1 are given'],
    ['constant', [], { dtype: 'int', shape: [], data: Float64Array.of(1.5) }, 'constant: a number is no int'],
    ['exp', [int(2)], {}, 'exp: takes float and was given int[2]'],
    ['exp', [], {}, 'exp: takes 1 inputs and was given 0'],
    ['not', [type(2)], {}, 'not: takes bool and was given float[2]'],
    ['add', [type(2), type(3)], {}, 'add: the shapes [2] and [3] do not broadcast'],
    ['add', [type('batch'), type(3)], {}, 'add: the shapes [batch] and [3] do not broadcast'],
    ['add', [type(2), int(2)], {}, 'add: the operands must have one dtype and are float[2] and int[2]'],
    ['divide', [int(2), int(2)], {}, 'divide: takes float and was given int[2]'],
    ['select', [type(2), type(2), type(2)], {}, 'select: takes bool and was given float[2]'],
    ['select', [bool(2), type(2), int(2)], {}, 'select: the choices must have one dtype and are float[2] and int[2]'],
    ['sum', [type(2)], { axes: [1], keepDims: false }, 'sum: [2] has no axis 1'],
    ['sum', [type(2, 2)], { axes: [1, 0], keepDims: false }, 'sum: the axes 1, 0 do not rise'],
    ['mean', [type('batch')], { axes: [0], keepDims: false }, 'mean: the axes 0 of float[batch] must have known extents above zero'],
    ['max', [type(0)], { axes: [0], keepDims: false }, 'max: the axes 0 of float[0] must have known extents above zero'],
    ['argmax', [type('batch')], { axis: 0 }, 'argmax: axis 0 of [batch] must have a known extent'],
    ['reshape', [type('batch', 3)], { shape: [3, 2] }, 'reshape: [batch, 3] and [3, 2] do not hold as many elements'],
    ['reshape', [type(3)], { shape: [1.5, 2] }, 'reshape: [1.5, 2] is not a shape'],
    ['transpose', [type(3, 2)], { permutation: [0, 0] }, 'transpose: 0, 0 is no permutation of the axes of [3, 2]'],
    ['broadcast_to', [type(3)], { shape: [2] }, 'broadcast_to: [3] does not stretch to [2]'],
    ['concat', [type('batch'), type('batch')], { axis: 0 }, 'concat: axis 0 of [batch] must have a known extent'],
    ['concat', [type(2, 3), type(2, 4)], { axis: 0 }, 'concat: float[2, 3] and float[2, 4] differ beside axis 0'],
    ['slice', [type(3)], { axis: 0, start: 1, end: 4 }, 'slice: 1 to 4 does not lie within axis 0 of float[3]'],
    ['pad', [type(3)], { axis: 0, before: -1, after: 0 }, 'pad: -1 before and 0 after are not counts of zeros'],
    ['gather', [type(3), type(2)], { axis: 0 }, 'gather: the indices must be an int vector and are float[2]'],
    ['scatter_add', [type(3), int(2)], { axis: 0, extent: 4 }, 'scatter_add: the indices must be an int vector as long as axis 0 of float[3] and are int[2]'],
    ['one_hot', [type(3)], { depth: 4 }, 'one_hot: takes int and was given float[3]'],
    ['topk', [type(3)], { k: 4 }, 'topk: k is 4, and the last axis of float[3] has 3 entries'],
    ['matmul', [type(2, 3), type(2, 3)], plain, 'matmul: float[2, 3] and float[2, 3] do not multiply'],
    ['matmul', [type(2, 3), type(2, 3)], { transposeX: true, transposeY: true }, 'matmul: float[2, 3] transposed and float[2, 3] transposed do not multiply'],
    ['softmax', [type()], {}, 'softmax: [] has no axis -1'],
  ]; // biome-ignore format: one line a case
  for (const [op, inputs, attributes, message] of wrong) {
    test(`not: ${message}`, () => expect(() => ops[op]!.infer(inputs, attributes)).toThrow(new Error(message)));
  }
});

describe('refuses indices outside', () => {
  for (const [op, inputs, attributes] of [
    ['gather', [f([1, 2]), i([2])], { axis: 0 }],
    ['scatter_add', [f([1]), i([-1])], { axis: 0, extent: 2 }],
    ['one_hot', [i([2])], { depth: 2 }],
  ] as const) {
    test(op, () => expect(() => run(op, inputs, attributes)).toThrow(/index -?\d is outside 0 to 1/));
  }
});

describe('evaluate', () => {
  const b = new Builder();
  const x = b.batch('x', 'float', ['batch', 2]);
  const w = b.state('w', [2]);
  b.result('w', b.sum(b.multiply(x, w)));
  b.next('w', b.subtract(w, b.sum(x, [0])));
  b.result('ones', b.broadcastTo(b.constant(1), ['batch']));
  const program = b.build('step');

  test('takes the batch from the inputs, float32 or float64, and keeps results and states apart', () => {
    const { results, state } = evaluate(program, {
      x: { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      w: f([1, 10]),
      unknown: f(1),
    });
    expect(results).toEqual({ w: f(129), ones: f([1, 1, 1]) });
    expect(state).toEqual({ w: f([-8, -2]) });
  });

  test('does not round to float32', () => {
    const { state } = evaluate(program, { x: f([[0, 0]]), w: f([0.1, 1 + 2 ** -50]) });
    expect(state.w).toEqual(f([0.1, 1 + 2 ** -50]));
  });

  test('says what is missing or does not fit', () => {
    const x = f([[1, 2]]);
    expect(() => evaluate(program, { x })).toThrow('step: the input w is missing');
    expect(() => evaluate(program, { x, w: f([1]) })).toThrow(
      'step: the input w is float[2] with 1 rows in the batch and was given [1]',
    );
    expect(() => evaluate(program, { x: f([1]), w: f([1, 2]) })).toThrow('step: the input x is float[batch, 2]');
  });

  test('the same inputs give the same bits', () => {
    const r = new Random('bits');
    const inputs = {
      x: tensor(
        [50, 2],
        Array.from({ length: 100 }, () => r.between(-1, 1)),
      ),
      w: f([0.3, 0.7]),
    };
    expect(evaluate(program, inputs)).toEqual(evaluate(program, inputs));
    expect(difference(evaluate(program, inputs).results.ones!.data, new Float64Array(50).fill(1))).toBe(0);
  });
});
