import { describe, expect, test } from 'vitest';
import { Builder } from '../../src/program/builder.js';
import { evaluate, evaluateInstruction } from '../../src/program/evaluate.js';
import { errorFunction } from '../../src/program/ops/erf.js';
import { type OpName, ops } from '../../src/program/ops/index.js';
import { type Attributes, type DType, type Extent, sizeOf, type TensorType } from '../../src/program/program.js';
import { difference, Random, seed, tensor } from './support.js';
import { convolutionCase } from './window-cases.js';

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

/** [1, height, width, 1] of a matrix, and [height, width, 1, 1]. */
const image = (rows: readonly (readonly number[])[]) => f([rows.map((row) => row.map((one) => [one]))]);
const taps = (rows: readonly (readonly number[])[]) => f(rows.map((row) => row.map((one) => [[one]])));
const plain = { strides: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };
const pool = { strides: [1, 1], padding: [0, 0, 0, 0] };

/** h ← 2 h + x, stacked before it is doubled; and Σ over what a capture scales. */
const accumulating = () => {
  const b = new Builder();
  const [h, x, w] = [b.batch('h', 'float', [1]), b.batch('x', 'float', [1]), b.batch('w', 'float', [1])];
  b.result('next', b.add(b.multiply(h, 2), x));
  b.result('before', h);
  b.result('scaled', b.multiply(x, w));
  return { body: b.build('body'), states: 1, sequences: 1 };
};

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
  split: [[[matrix], [f([[1], [4]]), f([[5, 2], [3, 6]])], { axis: 1, sizes: [1, 2] }]], // biome-ignore format: a matrix
  pad: [[[f([[1], [2]])], f([[0, 1, 0, 0], [0, 2, 0, 0]]), { axis: 1, before: 1, after: 2 }]], // biome-ignore format: a matrix
  gather: [
    [[matrix, i([2, 2, 0])], f([[2, 2, 1], [6, 6, 4]]), { axis: 1 }], // biome-ignore format: a matrix
    [[matrix, i([1])], f([[4, 3, 6]]), { axis: 0 }],
    [[matrix, i([[2, 0], [1, 1]])], f([[[2, 1], [5, 5]], [[6, 4], [3, 3]]]), { axis: 1 }], // biome-ignore format: a matrix
  ],
  scatter_add: [
    [[matrix, i([1, 3, 1])], f([[0, 3, 0, 5], [0, 10, 0, 3]]), { axis: 1, extent: 4 }], // biome-ignore format: a matrix
    [[matrix, i([[1, 0, 1], [0, 1, 1]])], f([5 + 4, 1 + 2 + 3 + 6]), { axis: 0, extent: 2 }], // biome-ignore format: a matrix
  ],
  one_hot: [[[i([2, 0])], f([[0, 0, 1], [1, 0, 0]]), { depth: 3 }]], // biome-ignore format: a matrix
  topk: [[[f([[1, 5, 5, 2]])], [f([[5, 5, 2]]), i([[1, 2, 3]])], { k: 3 }]],
  matmul: [
    [[matrix, f([[1], [2], [3]])], f([[17], [28]]), { transposeX: false, transposeY: false }],
    [[matrix, f([[1], [2]])], f([[9], [11], [14]]), { transposeX: true, transposeY: false }],
    [[f([[1, 2]]), f([[3, 4], [5, 6]])], f([[11, 17]]), { transposeX: false, transposeY: true }], // biome-ignore format: a matrix
    [[f([[1], [2]]), f([[3, 4], [5, 6]])], f([[11, 17]]), { transposeX: true, transposeY: true }], // biome-ignore format: a matrix
    [[f([[[1]], [[2]]]), f([[5]])], f([[[5]], [[10]]]), { transposeX: false, transposeY: false }],
  ],
  outer_sum: [
    [[f([[1, 2], [3, 4]]), f([[1, 0, 1], [0, 1, 1]])], f([[1, 3, 4], [2, 4, 6]])], // biome-ignore format: a matrix
    [[f([[[1], [2]], [[3], [4]]]), f([[[1, 0], [1, 0]], [[1, 0], [1, 1]]])], f([[10, 4]])], // biome-ignore format: a matrix
  ],
  scan: [
    [
      [f([1]), f([[1], [0], [3]]), f([10])],
      [f([15]), f([[1], [3], [6]]), f([[10], [0], [30]])],
      { ...accumulating(), reverse: false },
    ],
    [
      [f([1]), f([[1], [0], [3]]), f([10])],
      [f([21]), f([[10], [5], [1]]), f([[10], [0], [30]])],
      { ...accumulating(), reverse: true },
    ],
  ],
  log_softmax: [[[f([[1000, 1000], [0, -1000]])], f([[-Math.LN2, -Math.LN2], [0, -1000]])]], // biome-ignore format: a matrix
  softmax: [[[f([[1000, 1000], [0, -1000]])], f([[0.5, 0.5], [1, 0]])]], // biome-ignore format: a matrix
  conv2d: [
    [[image([[1, 2, 3], [4, 5, 6]]), taps([[1, 10], [100, 1000]])], image([[5421, 6532]]), plain], // biome-ignore format: a matrix
    [[image([[1, 2, 3], [4, 5, 6]]), taps([[1, 10]])], image([[10, 32], [40, 65]]), { ...plain, strides: [1, 2], padding: [0, 0, 1, 0] }], // biome-ignore format: a matrix
    [[image([[1, 2, 3]]), taps([[1, 10]])], image([[31]]), { ...plain, dilation: [1, 2] }],
    // Two channels, two groups, two filters each: filters 0 and 1 read channel 0.
    [[f([[[[2, 3]]]]), f([[[[1, 10, 100, 1000]]]])], f([[[[2, 20, 300, 3000]]]]), { ...plain, groups: 2 }],
    [[f([[[[2, 3]]]]), f([[[[1, 10], [100, 1000]]]])], f([[[[302, 3020]]]]), plain], // biome-ignore format: a matrix
  ],
  conv2d_input_gradient: [
    [[image([[1, 2]]), taps([[1, 10], [100, 1000]])], image([[1, 12, 20], [100, 1200, 2000]]), { ...plain, extents: [2, 3] }], // biome-ignore format: a matrix
    [[image([[1, 2]]), taps([[1, 10]])], image([[1, 10, 2, 20, 0]]), { ...plain, strides: [1, 2], extents: [1, 5] }],
    [[image([[1, 2]]), taps([[1, 10]])], image([[10, 2, 20]]), { ...plain, strides: [1, 2], padding: [0, 0, 1, 0], extents: [1, 3] }], // biome-ignore format: a matrix
    [
      [f([[[[2, 20, 300, 3000]]]]), f([[[[1, 1, 1, 1]]]])],
      f([[[[22, 3300]]]]),
      { ...plain, groups: 2, extents: [1, 1] },
    ],
  ],
  conv2d_filter_gradient: [
    [[image([[1, 2, 3], [4, 5, 6]]), image([[1, 10]])], taps([[21, 32], [54, 65]]), { ...plain, size: [2, 2] }], // biome-ignore format: a matrix
    [[image([[1, 2, 3]]), image([[1, 10]])], taps([[20, 31]]), { ...plain, strides: [1, 2], padding: [0, 0, 1, 0], size: [1, 2] }], // biome-ignore format: a matrix
    [[f([[[[2, 3]]], [[[5, 7]]]]), f([[[[1, 10]]], [[[100, 1000]]]])], f([[[[502, 7030]]]]), { ...plain, groups: 2, size: [1, 1] }], // biome-ignore format: a matrix
  ],
  max_pool2d: [
    [[image([[1, 5, 2], [4, 3, 6]])], image([[5, 6]]), { ...pool, size: [2, 2] }], // biome-ignore format: a matrix
    [[image([[-1, -5, -2]])], image([[-1, -2]]), { ...pool, size: [1, 2], strides: [1, 2], padding: [0, 0, 1, 0] }],
    [[f([[[[1, 9], [8, 2]]]])], f([[[[8, 9]]]]), { ...pool, size: [1, 2] }], // biome-ignore format: a matrix
    [[image([[1, nan, 2]])], image([[nan, nan]]), { ...pool, size: [1, 2] }],
  ],
  max_pool2d_gradient: [
    [[image([[1, 5, 2], [4, 3, 6]]), image([[10, 1]])], image([[0, 10, 0], [0, 0, 1]]), { ...pool, size: [2, 2] }], // biome-ignore format: a matrix
    [[image([[5, 5, 5], [4, 5, 5]]), image([[10, 1]])], image([[10, 1, 0], [0, 0, 0]]), { ...pool, size: [2, 2] }], // biome-ignore format: a matrix
    [[image([[1, 9, 2]]), image([[10, 1]])], image([[0, 11, 0]]), { ...pool, size: [1, 2] }],
    [[image([[-1, -5]]), image([[10, 1]])], image([[11, 0]]), { ...pool, size: [1, 2], padding: [0, 0, 1, 0] }],
  ],
  average_pool2d: [
    [[image([[1, 5, 3], [4, 2, 6]])], image([[3, 4]]), { ...pool, size: [2, 2] }], // biome-ignore format: a matrix
    [[image([[1, 5, 3]])], image([[1, 3, 4, 3]]), { ...pool, size: [1, 2], padding: [0, 0, 1, 1] }],
  ],
  average_pool2d_gradient: [
    [[image([[8, 4]])], image([[2, 3, 1], [2, 3, 1]]), { ...pool, size: [2, 2], extents: [2, 3] }], // biome-ignore format: a matrix
    [[image([[1, 6, 4, 3]])], image([[4, 5, 5]]), { ...pool, size: [1, 2], padding: [0, 0, 1, 1], extents: [1, 3] }],
  ],
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

test(`convolutions are what their definition says (seed ${seed})`, () => {
  const r = new Random('convolution');
  for (let round = 0; round < 200; round++) {
    const { input, kernel, result, options } = convolutionCase((low, high) => r.int(low, high));
    const { strides, padding, dilation, groups } = options;
    const images = r.int(1, 3);
    const random = (...shape: number[]) => {
      const data = Array.from({ length: shape.reduce((a, c) => a * c, 1) }, () => r.between(-1, 1));
      return tensor(shape, data);
    };
    const [x, k, dy] = [random(images, ...input), random(...kernel), random(images, ...result)];
    const [y, dx, dk] = [dy, x, k].map(({ shape }) => tensor(shape, new Float64Array(sizeOf(shape))));
    const [height, width, channels] = input;
    const [rows, columns, perGroup, filters] = kernel;
    for (let n = 0; n < images; n++)
      for (let i = 0; i < result[0]; i++)
        for (let j = 0; j < result[1]; j++)
          for (let f = 0; f < filters; f++)
            for (let p = 0; p < rows; p++)
              for (let q = 0; q < columns; q++)
                for (let c = 0; c < perGroup; c++) {
                  const row = i * strides[0]! + p * dilation[0]! - padding[0]!;
                  const column = j * strides[1]! + q * dilation[1]! - padding[2]!;
                  if (row < 0 || row >= height || column < 0 || column >= width) continue;
                  const channel = Math.floor((f * groups) / filters) * perGroup + c;
                  const atX = ((n * height + row) * width + column) * channels + channel;
                  const atK = ((p * columns + q) * perGroup + c) * filters + f;
                  const atY = ((n * result[0] + i) * result[1] + j) * filters + f;
                  y!.data[atY]! += x.data[atX]! * k.data[atK]!;
                  dx!.data[atX]! += dy.data[atY]! * k.data[atK]!;
                  dk!.data[atK]! += dy.data[atY]! * x.data[atX]!;
                }
    const found = [
      run('conv2d', [x, k], options),
      run('conv2d_input_gradient', [dy, k], { ...options, extents: input.slice(0, 2) }),
      run('conv2d_filter_gradient', [x, dy], { ...options, size: kernel.slice(0, 2) }),
    ];
    for (const [at, wanted] of [y!, dx!, dk!].entries()) {
      expect(found[at]![0]!.shape).toEqual(wanted.shape);
      expect(difference(found[at]![0]!.data, wanted.data), `round ${round}, ${at}`).toBeLessThan(1e-12);
    }
  }
});

describe('infers', () => {
  const type = (...shape: Extent[]): TensorType => ({ dtype: 'float', shape });
  const int = (...shape: Extent[]): TensorType => ({ dtype: 'int', shape });
  const bool = (...shape: Extent[]): TensorType => ({ dtype: 'bool', shape });
  const plain = { transposeX: false, transposeY: false };
  const windows = { strides: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1 };

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
    ['gather', [type(9, 2), int('batch', 5)], { axis: 0 }, type('batch', 5, 2)],
    ['scatter_add', [type('batch', 2), int('batch')], { axis: 0, extent: 9 }, type(9, 2)],
    ['scatter_add', [type('batch', 5, 2), int('batch', 5)], { axis: 0, extent: 9 }, type(9, 2)],
    ['one_hot', [int('batch')], { depth: 10 }, type('batch', 10)],
    ['matmul', [type('batch', 3), type(3, 4)], plain, type('batch', 4)],
    ['matmul', [type('batch', 3), type('batch', 4)], { transposeX: true, transposeY: false }, type(3, 4)],
    ['matmul', [type('batch', 5, 3), type(3, 4)], plain, type('batch', 5, 4)],
    ['outer_sum', [type('batch', 5, 3), type('batch', 5, 4)], {}, type(3, 4)],
    ['conv2d', [type('batch', 7, 8, 4), type(3, 5, 2, 6)], { strides: [2, 3], padding: [1, 0, 2, 0], dilation: [2, 1], groups: 2 }, type('batch', 2, 2, 6)],
    ['conv2d_input_gradient', [type('batch', 2, 2, 6), type(3, 5, 2, 6)], { strides: [2, 3], padding: [1, 0, 2, 0], dilation: [2, 1], groups: 2, extents: [7, 8] }, type('batch', 7, 8, 4)],
    ['conv2d_filter_gradient', [type('batch', 7, 8, 4), type('batch', 2, 2, 6)], { strides: [2, 3], padding: [1, 0, 2, 0], dilation: [2, 1], groups: 2, size: [3, 5] }, type(3, 5, 2, 6)],
    ['max_pool2d', [type('batch', 7, 8, 4)], { size: [3, 2], strides: [2, 2], padding: [0, 1, 0, 1] }, type('batch', 3, 4, 4)],
  ]; // biome-ignore format: one line a case
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
    ['split', [type(3)], { axis: 0, sizes: [1, 1] }, 'split: [1, 1] are no sizes of parts of axis 0 of float[3]'],
    ['pad', [type(3)], { axis: 0, before: -1, after: 0 }, 'pad: -1 before and 0 after are not counts of zeros'],
    ['gather', [type(3), type(2)], { axis: 0 }, 'gather: the indices must be ints with at least one axis and are float[2]'],
    ['scatter_add', [type(3), int(2)], { axis: 0, extent: 4 }, 'scatter_add: the indices must be ints with the axes of float[3] from 0 on and are int[2]'],
    ['one_hot', [type(3)], { depth: 4 }, 'one_hot: takes int and was given float[3]'],
    ['topk', [type(3)], { k: 4 }, 'topk: k is 4, and the last axis of float[3] has 3 entries'],
    ['matmul', [type(2, 3), type(2, 3)], plain, 'matmul: float[2, 3] and float[2, 3] do not multiply'],
    ['matmul', [type(2, 3), type(2, 3)], { transposeX: true, transposeY: true }, 'matmul: float[2, 3] transposed and float[2, 3] transposed do not multiply'],
    ['outer_sum', [type('batch', 3), type(2, 3)], {}, 'outer_sum: float[batch, 3] and float[2, 3] do not share all axes but the last'],
    ['scan', [type(1), type(3, 1)], { ...accumulating(), reverse: false }, 'scan: the body takes 3 inputs and 2 are given'],
    ['scan', [type(1), type(0, 1), type(1)], { ...accumulating(), reverse: false }, 'scan: float[0, 1] has no step'],
    ['scan', [type(1), type('batch', 1), type(1)], { ...accumulating(), reverse: false }, 'scan: axis 0 of [batch, 1] must have a known extent'],
    ['scan', [type(2), type(3, 1), type(1)], { ...accumulating(), reverse: false }, 'scan: the body reads float[1] as h and was given float[2]'],
    ['scan', [type(1), type(3, 1), type(1)], { ...accumulating(), sequences: 0, reverse: false }, 'scan: 1 states and 0 sequences are not 3 inputs with a sequence'],
    ['softmax', [type()], {}, 'softmax: [] has no axis -1'],
    ['conv2d', [type('batch', 3, 3), type(1, 1, 1, 1)], windows, 'conv2d: takes [batch, height, width, channels] and was given [batch, 3, 3]'],
    ['conv2d', [type(2, 'batch', 3, 1), type(1, 1, 1, 1)], windows, 'conv2d: axis 1 of [2, batch, 3, 1] must have a known extent'],
    ['conv2d', [type('batch', 3, 3, 1), type(3, 3, 1)], windows, 'conv2d: takes a kernel [height, width, channels / groups, filters] and was given [3, 3, 1]'],
    ['conv2d', [type('batch', 3, 3, 2), type(3, 3, 1, 4)], windows, 'conv2d: a kernel [3, 3, 1, 4] in 1 groups reads 1 channels, and there are 2'],
    ['conv2d', [type('batch', 3, 3, 2), type(3, 3, 1, 3)], { ...windows, groups: 2 }, 'conv2d: 3 filters do not part into 2 groups'],
    ['conv2d', [type('batch', 3, 3, 1), type(5, 5, 1, 3)], { ...windows, padding: [1, 0, 1, 1] }, 'conv2d: a window of 5 × 5 does not fit into 3 × 3 with padding [1, 0, 1, 1]'],
    ['conv2d', [type('batch', 4, 4, 1), type(3, 3, 1, 3)], { ...windows, dilation: [2, 2] }, 'conv2d: a window of 3 × 3, dilated by 2 × 2, does not fit into 4 × 4 with padding [0, 0, 0, 0]'],
    ['conv2d', [type('batch', 4, 4, 1), type(3, 3, 1, 3)], { ...windows, strides: [0, 1] }, 'conv2d: strides [0, 1] should be 2 whole numbers from 1 up'],
    ['conv2d', [type('batch', 4, 4, 1), type(3, 3, 1, 3)], { ...windows, padding: [0, 1] }, 'conv2d: padding [0, 1] should be 4 whole numbers from 0 up'],
    ['conv2d_input_gradient', [type('batch', 3, 3, 2), type(2, 2, 1, 2)], { ...windows, extents: [5, 4] }, 'conv2d_input_gradient: the convolution gives [batch, 4, 3, 2] and was given [batch, 3, 3, 2]'],
    ['conv2d_filter_gradient', [type('batch', 3, 3, 1), type(2, 2, 2, 1)], { ...windows, size: [2, 2] }, 'conv2d_filter_gradient: the convolution gives [batch, 2, 2, 1] and was given [2, 2, 2, 1]'],
    ['conv2d_filter_gradient', [type('batch', 3, 3, 3), type('batch', 2, 2, 2)], { ...windows, groups: 2, size: [2, 2] }, 'conv2d_filter_gradient: 3 channels do not part into 2 groups'],
    ['max_pool2d', [type('batch', 3, 3, 1)], { size: [2, 2], strides: [2, 2], padding: [0, 2, 0, 0] }, 'max_pool2d: with padding [0, 2, 0, 0] some windows of 2 × 2 lie outside'],
    ['max_pool2d_gradient', [type('batch', 4, 4, 1), type('batch', 2, 1, 1)], { size: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] }, 'max_pool2d_gradient: the pooling gives [batch, 2, 2, 1] and was given [batch, 2, 1, 1]'],
    ['average_pool2d', [int('batch', 3, 3, 1)], { size: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] }, 'average_pool2d: takes float and was given int[batch, 3, 3, 1]'],
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
