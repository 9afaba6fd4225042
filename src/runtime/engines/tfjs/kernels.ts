import type { OpName } from '../../../program/ops/index.js';
import type { Attributes, DType, Program } from '../../../program/program.js';
import type { ScanAttributes } from '../../../program/recurrence.js';
import { sameShape } from '../../../program/shapes.js';
import { images } from './images.js';
import type { Tensor, Tf } from './library.js';

/** One instruction with its tensors; shapes have the batch put in. */
export interface Call {
  readonly tf: Tf;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  /** Of the first output. */
  readonly shape: readonly number[];
  /** Runs a body. */
  readonly body: RunBody;
}

/** Computes a program's outputs from its inputs, both in the program's order. */
export type RunBody = (program: Program, inputs: readonly Tensor[]) => readonly Tensor[];

/** Computes one op with tfjs. Runs in a `tidy`; its outputs may be of another dtype than the program's, and are cast then. */
export type Kernel = (call: Call) => Tensor | readonly Tensor[];

export const tfjsTypes = { float: 'float32', int: 'int32', bool: 'bool' } as const satisfies Record<DType, string>;

type Unary = 'neg' | 'abs' | 'exp' | 'log' | 'sqrt' | 'square' | 'reciprocal' | 'tanh' | 'sigmoid';
type UnaryToo = 'softplus' | 'relu' | 'erf' | 'logicalNot' | 'softmax';

function unary(name: Unary | UnaryToo): Kernel {
  return ({ tf, inputs: [x] }) => (tf[name] as (x: Tensor) => Tensor)(x!);
}

type Binary = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'pow' | 'logicalAnd' | 'logicalOr';
type Comparison = 'greater' | 'greaterEqual' | 'less' | 'lessEqual' | 'equal';

function binary(name: Binary | Comparison): Kernel {
  return ({ tf, inputs: [x, y] }) => (tf[name] as (x: Tensor, y: Tensor) => Tensor)(x!, y!);
}

/** tfjs takes an empty list of axes for all of them in some places, and nothing is to be done then. */
function reduction(name: 'sum' | 'mean' | 'max' | 'min'): Kernel {
  return ({ tf, inputs: [x], attributes, shape }) => {
    const axes = attributes.axes as number[];
    // A sum of nothing is 0; the wasm backend leaves what the memory held.
    if (x!.size === 0) return tf.zeros([...shape]);
    return axes.length === 0 ? x!.clone() : tf[name](x!, axes, attributes.keepDims as boolean);
  };
}

/**
 * x with the last two axes exchanged where asked. Done apart, since the wasm backend's matMul takes XNNPACK only without transposes: a
 * factor of ten for a dense layer's gradient.
 */
function turned(tf: Tf, x: Tensor, transpose: boolean): Tensor {
  if (!transpose) return x;
  const order = x.shape.map((_, axis) => axis);
  order.push(...order.splice(-2).reverse());
  return tf.transpose(x, order);
}

/**
 * x in the full shape. Added to zeros, since tfjs' broadcastTo copies number by number in JavaScript: ten times slower. A sum with
 * zero changes nothing but the sign of −0.
 */
function stretched(tf: Tf, x: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const zeros = tf.zeros([...shape], x.dtype);
  return x.dtype === 'bool' ? tf.logicalOr(zeros, x) : tf.add(zeros, x);
}

function logSoftmax({ tf, inputs: [x] }: Call): Tensor {
  const shifted = tf.sub(x!, tf.max(x!, -1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
}

/** The axis in front, added up there, and back: tfjs' own gradient of gather loops over the entries in JavaScript. */
function scatterAdd({ tf, inputs: [x, indices], attributes, shape }: Call): Tensor {
  const axis = attributes.axis as number;
  const front = [axis, ...shape.keys()].filter((one, at) => at === 0 || one !== axis);
  const target = front.map((one) => shape[one]!);
  // Indices of several axes become one.
  const one = tf.reshape(
    x!,
    shape.map((extent, at) => (at === axis ? indices!.size : extent)),
  );
  const added = tf.scatterND(tf.reshape(indices!, [-1, 1]), tf.transpose(one, front), target);
  const back = front.map((_, at) => front.indexOf(at));
  return tf.transpose(added, back);
}

/** One step after the other; the slices of a step are taken when it comes, what is stacked is joined at the end. */
function scan({ tf, inputs, attributes, body }: Call): readonly Tensor[] {
  const { body: program, states, sequences, reverse } = attributes as ScanAttributes;
  const steps = inputs[states]!.shape[0]!;
  const captures = inputs.slice(states + sequences);
  const whole = inputs.slice(states, states + sequences);
  let now: readonly Tensor[] = inputs.slice(0, states);
  const stacked: Tensor[][] = Array.from({ length: program.outputs.length - states }, () => []);
  for (let step = 0; step < steps; step++) {
    const index = reverse ? steps - 1 - step : step;
    const made = tf.tidy(() => {
      const slices = whole.map((one) => {
        const [, ...slice] = one.shape;
        return tf.reshape(tf.slice(one, index, 1), slice);
      });
      return [...body(program, [...now, ...slices, ...captures])];
    });
    for (const one of now) if (step > 0) one.dispose();
    now = made.slice(0, states);
    for (const [at, list] of stacked.entries()) {
      const one = made[states + at]!;
      list[index] = tf.reshape(one, [1, ...one.shape]);
      one.dispose();
    }
  }
  return [...now, ...stacked.map((list) => (list.length === 1 ? list[0]! : tf.concat(list, 0)))];
}

const table = {
  negate: unary('neg'),
  abs: unary('abs'),
  /** Compared: the wasm backend's sign is 0 below about 2e-7. */
  sign: ({ tf, inputs: [x] }) => tf.sub(tf.cast(tf.greater(x!, 0), 'float32'), tf.cast(tf.less(x!, 0), 'float32')),
  exp: unary('exp'),
  log: unary('log'),
  sqrt: unary('sqrt'),
  square: unary('square'),
  reciprocal: unary('reciprocal'),
  tanh: unary('tanh'),
  sigmoid: unary('sigmoid'),
  softplus: unary('softplus'),
  relu: unary('relu'),
  erf: unary('erf'),
  not: unary('logicalNot'),
  cast: ({ tf, inputs: [x], attributes }) =>
    attributes.dtype === 'bool' && x!.dtype !== 'bool'
      ? tf.notEqual(x!, tf.scalar(0, x!.dtype))
      : tf.cast(x!, tfjsTypes[attributes.dtype as DType]),
  add: binary('add'),
  subtract: binary('sub'),
  multiply: binary('mul'),
  divide: binary('div'),
  maximum: binary('maximum'),
  minimum: binary('minimum'),
  power: binary('pow'),
  greater: binary('greater'),
  greater_equal: binary('greaterEqual'),
  less: binary('less'),
  less_equal: binary('lessEqual'),
  equal: binary('equal'),
  and: binary('logicalAnd'),
  or: binary('logicalOr'),
  select: ({ tf, inputs: [condition, x, y], shape }) =>
    tf.where(stretched(tf, condition!, shape), stretched(tf, x!, shape), stretched(tf, y!, shape)),
  sum: reduction('sum'),
  mean: reduction('mean'),
  max: reduction('max'),
  min: reduction('min'),
  norm: (call) => {
    const squares = call.tf.square(call.inputs[0]!);
    return call.tf.sqrt(reduction('sum')({ ...call, inputs: [squares] }) as Tensor);
  },
  argmax: ({ tf, inputs: [x], attributes }) => tf.argMax(x!, attributes.axis as number),
  reshape: ({ tf, inputs: [x], shape }) => tf.reshape(x!, [...shape]),
  transpose: ({ tf, inputs: [x], attributes }) => tf.transpose(x!, attributes.permutation as number[]),
  broadcast_to: ({ tf, inputs: [x], shape }) => {
    const full = stretched(tf, x!, shape);
    return full === x ? x!.clone() : full;
  },
  concat: ({ tf, inputs, attributes }) => tf.concat([...inputs], attributes.axis as number),
  slice: ({ tf, inputs: [x], attributes, shape }) => {
    const begin = shape.map((_, axis) => (axis === attributes.axis ? (attributes.start as number) : 0));
    return tf.slice(x!, begin, [...shape]);
  },
  split: ({ tf, inputs: [x], attributes }) => tf.split(x!, attributes.sizes as number[], attributes.axis as number),
  pad: ({ tf, inputs: [x], attributes }) => {
    const { before, after } = attributes as { readonly before: number; readonly after: number };
    return tf.pad(
      x!,
      x!.shape.map((_, axis) => (axis === attributes.axis ? [before, after] : [0, 0])),
    );
  },
  gather: ({ tf, inputs: [x, indices], attributes }) => tf.gather(x!, indices!, attributes.axis as number),
  scatter_add: scatterAdd,
  /** Compared: tf.oneHot refuses a depth of 1, and the wasm backend's leaves old memory where 0 should be. */
  one_hot: ({ tf, inputs: [x], attributes }) =>
    tf.equal(tf.expandDims(x!, -1), tf.range(0, attributes.depth as number, 1, 'int32')),
  topk: ({ tf, inputs: [x], attributes }) => {
    const { values, indices } = tf.topk(x!, attributes.k as number, true);
    return [values, indices];
  },
  matmul: ({ tf, inputs: [x, y], attributes, shape }) => {
    if (x!.size === 0 || y!.size === 0) return tf.zeros([...shape]);
    return tf.matMul(
      turned(tf, x!, attributes.transposeX as boolean),
      turned(tf, y!, attributes.transposeY as boolean),
    );
  },
  outer_sum: ({ tf, inputs, shape }) => {
    if (inputs.some((one) => one.size === 0)) return tf.zeros([...shape]);
    const [x, y] = inputs.map((one) => tf.reshape(one, [-1, one.shape.at(-1)!]));
    return tf.matMul(turned(tf, x!, true), y!);
  },
  log_softmax: logSoftmax,
  softmax: unary('softmax'),
  ...images,
  scan,
} satisfies Record<Exclude<OpName, 'constant'>, Kernel>;

/** How tfjs computes each op, by its keyword. A constant is a tensor made once when the program is loaded. */
export const kernels: Readonly<Record<string, Kernel>> = table;
