import type { Builder, Value } from '../../../src/program/builder.js';
import type { OpName } from '../../../src/program/ops/index.js';
import type { DType, Extent, HostTensor } from '../../../src/program/program.js';
import { randomScan } from '../../program/scan-cases.js';
import { convolutionCase, poolingCase } from '../../program/window-cases.js';
import type { generator } from './steps.js';

/** Writes random instances of an op, declaring the inputs that they read. */
export class CaseWriter {
  /** How each declared input is filled, by its name. */
  readonly fill = new Map<
    string,
    { readonly dtype: DType; readonly shape: readonly Extent[]; readonly draw: () => number }
  >();

  constructor(
    readonly b: Builder,
    readonly random: ReturnType<typeof generator>,
  ) {}

  /** A whole number from low to high, both included. */
  whole(low: number, high: number): number {
    return Math.floor(this.random(low, high + 1));
  }

  pick<T>(from: readonly T[]): T {
    return from[this.whole(0, from.length - 1)]!;
  }

  /** A shape of the rank, or of 1 to 4 axes; the batch may be its first axis. */
  shape(rank = this.whole(1, 4)): Extent[] {
    return Array.from({ length: rank }, (_, axis) => (axis === 0 && this.random() < 0.5 ? 'batch' : this.whole(1, 6)));
  }

  float(shape: readonly Extent[], low = -3, high = 3): Value {
    return this.declare('float', shape, () => this.random(low, high));
  }
  /** Halves, so that equal numbers occur. */
  halves(shape: readonly Extent[]): Value {
    return this.declare('float', shape, () => this.whole(-3, 3) / 2);
  }
  int(shape: readonly Extent[], low: number, high: number): Value {
    return this.declare('int', shape, () => this.whole(low, high));
  }
  bool(shape: readonly Extent[]): Value {
    return this.declare('bool', shape, () => this.whole(0, 1));
  }

  /** The first axis of images: the batch or a few. */
  images(): Extent {
    return this.pick<Extent>(['batch', 'batch', 2]);
  }

  /** A shape that broadcasts to this one: axes of 1, and leading axes left out. */
  narrower(shape: readonly Extent[]): Extent[] {
    const kept = shape.slice(this.whole(0, shape.length));
    return kept.map((extent) => (this.random() < 0.3 ? 1 : extent));
  }

  /** Some axes of a shape, rising; without the batch where `known`. */
  axes(shape: readonly Extent[], known: boolean): number[] {
    const all = [...shape.keys()].filter((axis) => !known || shape[axis] !== 'batch');
    const some = all.filter(() => this.random() < 0.5);
    return some.length > 0 || all.length === 0 ? some : [this.pick(all)];
  }

  inputs(batch: number): Record<string, HostTensor> {
    const tensors: Record<string, HostTensor> = {};
    for (const [name, { dtype, shape, draw }] of this.fill) {
      const extents = shape.map((extent) => (extent === 'batch' ? batch : extent));
      const numbers = Array.from({ length: extents.reduce((a, c) => a * c, 1) }, draw);
      const data =
        dtype === 'float'
          ? Float32Array.from(numbers)
          : dtype === 'int'
            ? Int32Array.from(numbers)
            : Uint8Array.from(numbers);
      tensors[name] = { shape: extents, data };
    }
    return tensors;
  }

  private declare(dtype: DType, shape: readonly Extent[], draw: () => number): Value {
    const name = `in${this.fill.size}`;
    this.fill.set(name, { dtype, shape, draw });
    return this.b.batch(name, dtype, shape);
  }
}

type Case = (w: CaseWriter) => Value | readonly Value[];

function unary(name: OpName, low: number, high: number): Case {
  return (w) => w.b.apply(name, [w.float(w.shape(), low, high)]);
}

/** One operand of the full shape on either side, the other one that or narrower. */
function binary(name: OpName, make: (w: CaseWriter, shape: readonly Extent[]) => Value): Case {
  return (w) => {
    const shape = w.shape();
    const full = make(w, shape);
    const other = make(w, w.narrower(shape));
    return w.b.apply(name, w.random() < 0.5 ? [full, other] : [other, full]);
  };
}

const floats = (w: CaseWriter, shape: readonly Extent[]) => w.float(shape);
const positives = (w: CaseWriter, shape: readonly Extent[]) => w.float(shape, 0.2, 2);
const equals = (w: CaseWriter, shape: readonly Extent[]) => (w.random() < 0.6 ? w.halves(shape) : w.int(shape, -2, 2));
const bools = (w: CaseWriter, shape: readonly Extent[]) => w.bool(shape);

function reduction(name: OpName, known: boolean): Case {
  return (w) => {
    const shape = w.random() < 0.1 ? [] : w.shape();
    const attributes = { axes: w.axes(shape, known), keepDims: w.random() < 0.5 };
    return w.b.apply(name, [w.halves(shape)], attributes);
  };
}

/** How to write a random instance of every op. An op without an entry does not compile. */
export const opCases: Record<OpName, Case> = {
  constant: (w) => {
    const shape = [w.whole(1, 4), w.whole(1, 4)];
    const numbers = Array.from({ length: shape[0]! * shape[1]! }, () => Math.fround(w.random(-2, 2)));
    return w.b.constant(numbers, shape);
  },
  negate: unary('negate', -3, 3),
  abs: unary('abs', -3, 3),
  sign: (w) => w.b.sign(w.random() < 0.5 ? w.halves(w.shape()) : w.float(w.shape(), -1e-7, 1e-7)),
  exp: unary('exp', -20, 3),
  log: unary('log', 1e-6, 5),
  sqrt: unary('sqrt', 0, 5),
  square: unary('square', -3, 3),
  reciprocal: unary('reciprocal', 0.1, 3),
  tanh: unary('tanh', -12, 12),
  sigmoid: unary('sigmoid', -120, 40),
  softplus: unary('softplus', -60, 60),
  relu: (w) => w.b.relu(w.halves(w.shape())),
  erf: unary('erf', -4, 4),
  not: (w) => w.b.not(w.bool(w.shape())),
  cast: (w) => {
    const shape = w.shape();
    const from = w.pick([
      () => w.float(shape),
      () => w.halves(shape),
      () => w.int(shape, -3, 3),
      () => w.bool(shape),
    ])();
    return w.b.apply('cast', [from], { dtype: w.pick(['float', 'int', 'bool']) });
  },
  add: binary('add', floats),
  subtract: binary('subtract', floats),
  multiply: binary('multiply', floats),
  divide: binary('divide', positives),
  maximum: binary('maximum', floats),
  minimum: binary('minimum', floats),
  power: binary('power', positives),
  greater: (w) => sameDType(w, 'greater'),
  greater_equal: (w) => sameDType(w, 'greater_equal'),
  less: (w) => sameDType(w, 'less'),
  less_equal: (w) => sameDType(w, 'less_equal'),
  equal: (w) => sameDType(w, 'equal'),
  and: binary('and', bools),
  or: binary('or', bools),
  select: (w) => {
    const shape = w.shape();
    const parts = [shape, w.narrower(shape), w.narrower(shape)];
    const [condition, x, y] = w.pick([parts, [parts[1]!, parts[0]!, parts[2]!], [parts[2]!, parts[1]!, parts[0]!]]);
    const make = w.pick([floats, equals]);
    const first = make(w, x!);
    return w.b.select(w.bool(condition!), first, first.type.dtype === 'int' ? w.int(y!, -2, 2) : w.float(y!));
  },
  sum: reduction('sum', false),
  mean: reduction('mean', true),
  max: reduction('max', true),
  min: reduction('min', true),
  norm: reduction('norm', false),
  argmax: (w) => {
    const shape = [...w.shape(), w.whole(1, 6)];
    return w.b.argmax(w.halves(shape), w.pick(w.axes(shape, true)));
  },
  reshape: (w) => {
    const [a, c, d] = [w.whole(1, 4), w.whole(1, 4), w.whole(1, 4)];
    return w.pick([
      () => w.b.reshape(w.float([a, c, d]), [c, d * a]),
      () => w.b.reshape(w.float(['batch', c, d]), ['batch', d * c]),
      () => w.b.reshape(w.float(['batch', c * d]), [d, 'batch', 1, c]),
      () => w.b.reshape(w.bool([a, c]), [a * c]),
    ])();
  },
  transpose: (w) => {
    const shape = w.shape();
    const permutation = [...shape.keys()].map((axis) => ({ axis, key: w.random() })).sort((p, q) => p.key - q.key);
    return w.b.transpose(
      w.float(shape),
      permutation.map((one) => one.axis),
    );
  },
  broadcast_to: (w) => {
    const shape = w.shape();
    return w.b.broadcastTo(w.pick([floats, equals, bools])(w, w.narrower(shape)), shape);
  },
  concat: (w) => {
    const shape = [...w.shape(w.whole(0, 2)), 1, w.whole(1, 3)];
    const axis = w.pick(w.axes(shape, true));
    const make = w.pick([floats, bools]);
    const parts = Array.from({ length: w.whole(1, 3) }, () => w.whole(1, 4));
    return w.b.concat(
      parts.map((extent) =>
        make(
          w,
          shape.map((one, at) => (at === axis ? extent : one)),
        ),
      ),
      axis,
    );
  },
  slice: (w) => {
    const shape = [...w.shape(w.whole(0, 2)), w.whole(1, 6), w.whole(1, 6)];
    const axis = w.pick(w.axes(shape, true));
    const start = w.whole(0, (shape[axis] as number) - 1);
    return w.b.slice(w.pick([floats, bools])(w, shape), axis, start, w.whole(start + 1, shape[axis] as number));
  },
  split: (w) => {
    const shape = [...w.shape(w.whole(0, 2)), w.whole(1, 6), w.whole(1, 6)];
    const axis = w.pick(w.axes(shape, true));
    const cut = w.whole(1, shape[axis] as number);
    const rest = (shape[axis] as number) - cut;
    return w.b.split(w.pick([floats, bools])(w, shape), axis, rest > 0 ? [cut, rest] : [cut]);
  },
  pad: (w) => {
    const shape = [...w.shape(w.whole(0, 2)), w.whole(1, 4)];
    return w.b.pad(w.float(shape), w.pick(w.axes(shape, true)), w.whole(0, 2), w.whole(0, 3));
  },
  gather: (w) => {
    const shape = [...w.shape(w.whole(0, 2)), w.whole(1, 6)];
    const axis = w.pick(w.axes(shape, true));
    const count = w.random() < 0.5 ? 'batch' : w.whole(1, 7);
    const indices: Extent[] = w.random() < 0.5 ? [count] : [count, w.whole(1, 3)];
    return w.b.gather(w.float(shape), w.int(indices, 0, (shape[axis] as number) - 1), axis);
  },
  scatter_add: (w) => {
    const extent = w.whole(1, 4);
    const shape = w.pick<Extent[]>([['batch', 3], [4, 'batch'], [2, 9, 2], [12], ['batch', 5, 2]]);
    const axis = w.whole(0, shape.length - 1);
    const indices = shape.slice(axis, axis + w.whole(1, 2));
    return w.b.scatterAdd(w.float(shape), w.int(indices, 0, extent - 1), axis, extent);
  },
  one_hot: (w) => {
    const depth = w.whole(1, 6);
    return w.b.oneHot(w.int(w.shape(w.whole(1, 2)), 0, depth - 1), depth);
  },
  topk: (w) => {
    const last = w.whole(1, 9);
    return w.b.topk(w.halves([...w.shape(w.whole(0, 2)), last]), w.whole(1, last));
  },
  matmul: (w) => {
    const [n, k, m] = [w.whole(1, 9), w.whole(1, 9), w.whole(1, 9)];
    const [transposeX, transposeY] = [w.random() < 0.5, w.random() < 0.5];
    const lead = w.pick<Extent[]>([[], [], ['batch'], [2], ['batch', 2]]);
    const rows = lead.length === 0 && w.random() < 0.5 ? 'batch' : n;
    const x = w.float([...lead, ...((transposeX ? [k, rows] : [rows, k]) as Extent[])]);
    return w.b.matmul(x, w.float([...lead, ...(transposeY ? [m, k] : [k, m])]), transposeX, transposeY);
  },
  outer_sum: (w) => {
    const leading = w.pick<Extent[]>([['batch'], [3], ['batch', 4], [2, 'batch', 3]]);
    return w.b.outerSum(w.float([...leading, w.whole(1, 5)], -1, 1), w.float([...leading, w.whole(1, 5)], -1, 1));
  },
  scan: (w) => randomScan(w.b, { whole: (low, high) => w.whole(low, high), float: (shape) => w.float(shape, -1, 1) }),
  log_softmax: (w) => w.b.logSoftmax(w.float([...w.shape(w.whole(0, 2)), w.whole(1, 6)], -40, 40)),
  softmax: (w) => w.b.softmax(w.float([...w.shape(w.whole(0, 2)), w.whole(1, 6)], -40, 40)),
  conv2d: (w) => {
    const { input, kernel, options } = convolutionCase((low, high) => w.whole(low, high));
    return w.b.conv2d(w.float([w.images(), ...input], -1, 1), w.float(kernel, -1, 1), options);
  },
  conv2d_input_gradient: (w) => {
    const { input, kernel, result, options } = convolutionCase((low, high) => w.whole(low, high));
    return w.b.conv2dInputGradient(
      w.float([w.images(), ...result], -1, 1),
      w.float(kernel, -1, 1),
      input.slice(0, 2),
      options,
    );
  },
  conv2d_filter_gradient: (w) => {
    const { input, kernel, result, options } = convolutionCase((low, high) => w.whole(low, high));
    const images = w.images();
    const [x, dy] = [w.float([images, ...input], -1, 1), w.float([images, ...result], -1, 1)];
    return w.b.conv2dFilterGradient(x, dy, kernel.slice(0, 2), options);
  },
  max_pool2d: (w) => {
    const { input, size, options } = poolingCase((low, high) => w.whole(low, high));
    return w.b.maxPool2d(w.halves([w.images(), ...input]), size, options);
  },
  max_pool2d_gradient: (w) => {
    const { input, result, size, options } = poolingCase((low, high) => w.whole(low, high));
    const images = w.images();
    return w.b.maxPool2dGradient(w.halves([images, ...input]), w.float([images, ...result]), size, options);
  },
  average_pool2d: (w) => {
    const { input, size, options } = poolingCase((low, high) => w.whole(low, high));
    return w.b.averagePool2d(w.float([w.images(), ...input]), size, options);
  },
  average_pool2d_gradient: (w) => {
    const { input, result, size, options } = poolingCase((low, high) => w.whole(low, high));
    return w.b.averagePool2dGradient(w.float([w.images(), ...result]), input.slice(0, 2), size, options);
  },
};

/** Comparisons: floats with equal ones among them, or ints. */
function sameDType(w: CaseWriter, name: OpName): Value {
  const ints = w.random() < 0.4;
  return binary(name, (writer, shape) => (ints ? writer.int(shape, -2, 2) : writer.halves(shape)))(w) as Value;
}
