import { ops } from './ops/index.js';
import type {
  Attributes,
  DType,
  Extent,
  Instruction,
  Program,
  ProgramInput,
  ProgramOutput,
  RandomSpec,
  Region,
  TensorType,
  ValueId,
} from './program.js';
import { writeScan } from './recurrence.js';

/** A value under construction. */
export interface Value {
  readonly id: ValueId;
  readonly type: TensorType;
}

/** A value, or a number that becomes a float constant. */
export type Operand = Value | number;

/** Absent: strides and dilation 1, padding 0, one group. */
export interface ConvolutionOptions {
  readonly strides?: readonly number[];
  readonly padding?: readonly number[];
  readonly dilation?: readonly number[];
  readonly groups?: number;
}

/** Absent: strides as the size, padding 0. */
export interface PoolingOptions {
  readonly strides?: readonly number[];
  readonly padding?: readonly number[];
}

/** What a recurrence goes over. */
export interface ScanInputs {
  /** What the states are before the first step. */
  readonly states: readonly Value[];
  /** [steps, ..]: one slice a step. At least one. */
  readonly sequences: readonly Value[];
  /** The same at every step. */
  readonly captures?: readonly Value[];
  /** From the last slice to the first; stacked outputs are in the order of the sequences all the same. */
  readonly reverse?: boolean;
}

/** What one step reads; values of the body's own builder. */
export interface ScanStep {
  readonly states: readonly Value[];
  readonly slices: readonly Value[];
  readonly captures: readonly Value[];
}

/** What one step gives: the next states, and what is stacked. */
export interface ScanResult {
  readonly states: readonly Value[];
  readonly outputs: readonly Value[];
}

/** Writes a program instruction by instruction; every method infers and checks the type of its result. */
export class Builder {
  private readonly types: TensorType[] = [];
  private readonly code: Instruction[] = [];
  private readonly ins: ProgramInput[] = [];
  private readonly outs: ProgramOutput[] = [];
  private region: Region = 'data';

  /** The instructions so far, for `gradient`. */
  get instructions(): readonly Instruction[] {
    return this.code;
  }

  value(id: ValueId): Value {
    return { id, type: this.types[id]! };
  }

  /** Everything written inside belongs to the region. */
  inRegion<T>(region: Region, write: () => T): T {
    const outer = this.region;
    this.region = region;
    try {
      return write();
    } finally {
      this.region = outer;
    }
  }

  // Inputs and outputs

  batch(name: string, dtype: DType, shape: readonly Extent[]): Value {
    return this.declare({ name, role: 'batch' }, { dtype, shape });
  }
  state(name: string, shape: readonly number[]): Value {
    return this.declare({ name, role: 'state' }, { dtype: 'float', shape });
  }
  /** A float scalar that the host computes for every step, such as the learning rate. One input per name. */
  scalar(name: string): Value {
    const known = this.ins.find((one) => one.role === 'scalar' && one.name === name);
    return known ? this.value(known.value) : this.declare({ name, role: 'scalar' }, { dtype: 'float', shape: [] });
  }
  /** A float tensor [batch, …], as many numbers a row as the draw has units, drawn by the host, an input named `random:<stream>`; a Bernoulli draw is 1 with probability `keep`, else 0. */
  random(random: RandomSpec, shape: readonly Extent[]): Value {
    return this.declare({ name: `random:${random.stream}`, role: 'random', random }, { dtype: 'float', shape });
  }
  result(name: string, value: Value): void {
    this.outs.push({ name, value: value.id, role: 'result' });
  }
  /** The next value of the state of this name. */
  next(name: string, value: Value): void {
    this.outs.push({ name, value: value.id, role: 'state' });
  }

  build(name: string): Program {
    return {
      name,
      values: [...this.types],
      inputs: [...this.ins],
      instructions: [...this.code],
      outputs: [...this.outs],
    };
  }

  // Constants

  constant(
    data: Operand | readonly number[] | Float64Array,
    shape: readonly number[] = [],
    dtype: DType = 'float',
  ): Value {
    if (isValue(data)) return data;
    const values = typeof data === 'number' ? Float64Array.of(data) : Float64Array.from(data);
    return this.apply('constant', [], { dtype, shape, data: values });
  }

  // Elementwise, one operand

  negate(x: Value): Value {
    return this.apply('negate', [x]);
  }
  abs(x: Value): Value {
    return this.apply('abs', [x]);
  }
  /** −1, 0 or 1. */
  sign(x: Value): Value {
    return this.apply('sign', [x]);
  }
  exp(x: Value): Value {
    return this.apply('exp', [x]);
  }
  log(x: Value): Value {
    return this.apply('log', [x]);
  }
  sqrt(x: Value): Value {
    return this.apply('sqrt', [x]);
  }
  square(x: Value): Value {
    return this.apply('square', [x]);
  }
  reciprocal(x: Value): Value {
    return this.apply('reciprocal', [x]);
  }
  tanh(x: Value): Value {
    return this.apply('tanh', [x]);
  }
  sigmoid(x: Value): Value {
    return this.apply('sigmoid', [x]);
  }
  /** log(1 + e^x), without overflow. */
  softplus(x: Value): Value {
    return this.apply('softplus', [x]);
  }
  relu(x: Value): Value {
    return this.apply('relu', [x]);
  }
  erf(x: Value): Value {
    return this.apply('erf', [x]);
  }
  not(x: Value): Value {
    return this.apply('not', [x]);
  }
  cast(x: Value, dtype: DType): Value {
    return x.type.dtype === dtype ? x : this.apply('cast', [x], { dtype });
  }

  // Elementwise, two operands, broadcasting as NumPy does

  add(x: Operand, y: Operand): Value {
    return this.binary('add', x, y);
  }
  subtract(x: Operand, y: Operand): Value {
    return this.binary('subtract', x, y);
  }
  multiply(x: Operand, y: Operand): Value {
    return this.binary('multiply', x, y);
  }
  divide(x: Operand, y: Operand): Value {
    return this.binary('divide', x, y);
  }
  maximum(x: Operand, y: Operand): Value {
    return this.binary('maximum', x, y);
  }
  minimum(x: Operand, y: Operand): Value {
    return this.binary('minimum', x, y);
  }
  power(x: Operand, y: Operand): Value {
    return this.binary('power', x, y);
  }
  greater(x: Operand, y: Operand): Value {
    return this.binary('greater', x, y);
  }
  greaterEqual(x: Operand, y: Operand): Value {
    return this.binary('greater_equal', x, y);
  }
  less(x: Operand, y: Operand): Value {
    return this.binary('less', x, y);
  }
  lessEqual(x: Operand, y: Operand): Value {
    return this.binary('less_equal', x, y);
  }
  equal(x: Operand, y: Operand): Value {
    return this.binary('equal', x, y);
  }
  and(x: Value, y: Value): Value {
    return this.apply('and', [x, y]);
  }
  or(x: Value, y: Value): Value {
    return this.apply('or', [x, y]);
  }
  /** where condition holds x, else y; broadcasts. */
  select(condition: Value, x: Operand, y: Operand): Value {
    return this.apply('select', [condition, this.constant(x), this.constant(y)]);
  }

  // Reductions; `axes` counts the batch axis; absent: all axes

  sum(x: Value, axes?: readonly number[], keepDims = false): Value {
    return this.reduce('sum', x, axes, keepDims);
  }
  /** Over axes of known extent only. */
  mean(x: Value, axes?: readonly number[], keepDims = false): Value {
    return this.reduce('mean', x, axes, keepDims);
  }
  max(x: Value, axes?: readonly number[], keepDims = false): Value {
    return this.reduce('max', x, axes, keepDims);
  }
  min(x: Value, axes?: readonly number[], keepDims = false): Value {
    return this.reduce('min', x, axes, keepDims);
  }
  /** Euclidean norm; its gradient at a zero group is zero. */
  norm(x: Value, axes: readonly number[], keepDims = false): Value {
    return this.reduce('norm', x, axes, keepDims);
  }
  /** Index of the first maximum along one axis, as int. */
  argmax(x: Value, axis: number): Value {
    return this.apply('argmax', [x], { axis: positive(x, axis) });
  }

  // Movement

  reshape(x: Value, shape: readonly Extent[]): Value {
    return this.apply('reshape', [x], { shape });
  }
  transpose(x: Value, permutation: readonly number[]): Value {
    return this.apply('transpose', [x], { permutation });
  }
  broadcastTo(x: Value, shape: readonly Extent[]): Value {
    return this.apply('broadcast_to', [x], { shape });
  }
  concat(xs: readonly Value[], axis: number): Value {
    return this.apply('concat', xs, { axis: positive(xs[0]!, axis) });
  }
  /** One axis, from `start` (included) to `end` (excluded). */
  slice(x: Value, axis: number, start: number, end: number): Value {
    return this.apply('slice', [x], { axis: positive(x, axis), start, end });
  }
  /** One axis cut into parts of these sizes. */
  split(x: Value, axis: number, sizes: readonly number[]): readonly Value[] {
    return this.applyAll('split', [x], { axis: positive(x, axis), sizes });
  }
  /** Zeros before and after, along one axis. */
  pad(x: Value, axis: number, before: number, after: number): Value {
    return this.apply('pad', [x], { axis: positive(x, axis), before, after });
  }
  /** Picks entries of one axis by ints, whose axes take its place. */
  gather(x: Value, indices: Value, axis: number): Value {
    return this.apply('gather', [x, indices], { axis: positive(x, axis) });
  }
  /** Zeros of extent `extent` along `axis`, with the slices of x added at the positions that ints give, whose axes x has from `axis` on; duplicates add up. */
  scatterAdd(x: Value, indices: Value, axis: number, extent: number): Value {
    return this.apply('scatter_add', [x, indices], { axis: positive(x, axis), extent });
  }
  /** Int [..] to float [.., depth]. */
  oneHot(x: Value, depth: number): Value {
    return this.apply('one_hot', [x], { depth });
  }
  /** The k largest along the last axis, in falling order (values, int indices). */
  topk(x: Value, k: number): readonly [Value, Value] {
    const [values, indices] = this.applyAll('topk', [x], { k });
    return [values!, indices!];
  }

  // Linear algebra and fused

  /** [.., n, k] × [.., k, m]; the transposes are of the last two axes. */
  matmul(x: Value, y: Value, transposeX = false, transposeY = false): Value {
    return this.apply('matmul', [x, y], { transposeX, transposeY });
  }
  /** Σ over all axes but the last of the outer products of the last: [.., n] and [.., m] to [n, m]. */
  outerSum(x: Value, y: Value): Value {
    return this.apply('outer_sum', [x, y]);
  }
  /** x − log Σ exp x along the last axis, without overflow. */
  logSoftmax(x: Value): Value {
    return this.apply('log_softmax', [x]);
  }
  softmax(x: Value): Value {
    return this.apply('softmax', [x]);
  }

  // Convolutions and pooling over [batch, height, width, channels]; pairs are (height, width), padding is [top, bottom, left, right]

  /** By a kernel [height, width, channels / groups, filters]; filters are group-major. */
  conv2d(x: Value, kernel: Value, options: ConvolutionOptions = {}): Value {
    return this.apply('conv2d', [x, kernel], convolution(options));
  }
  /** The gradient of conv2d's input, of `extents` [height, width], from that of its result; also transposed convolution. */
  conv2dInputGradient(dy: Value, kernel: Value, extents: readonly number[], options: ConvolutionOptions = {}): Value {
    return this.apply('conv2d_input_gradient', [dy, kernel], { extents, ...convolution(options) });
  }
  /** The gradient of conv2d's kernel, of `size` [height, width], from its input and the gradient of its result. */
  conv2dFilterGradient(x: Value, dy: Value, size: readonly number[], options: ConvolutionOptions = {}): Value {
    return this.apply('conv2d_filter_gradient', [x, dy], { size, ...convolution(options) });
  }
  /** Padding never wins. Strides are the size unless given. */
  maxPool2d(x: Value, size: readonly number[], options: PoolingOptions = {}): Value {
    return this.apply('max_pool2d', [x], pooling(size, options));
  }
  /** The gradient of maxPool2d's input: the first maximum of each window has the window's. */
  maxPool2dGradient(x: Value, dy: Value, size: readonly number[], options: PoolingOptions = {}): Value {
    return this.apply('max_pool2d_gradient', [x, dy], pooling(size, options));
  }
  /** The mean over what lies inside. Strides are the size unless given. */
  averagePool2d(x: Value, size: readonly number[], options: PoolingOptions = {}): Value {
    return this.apply('average_pool2d', [x], pooling(size, options));
  }
  /** The gradient of averagePool2d's input, of `extents` [height, width]. */
  averagePool2dGradient(
    dy: Value,
    extents: readonly number[],
    size: readonly number[],
    options: PoolingOptions = {},
  ): Value {
    return this.apply('average_pool2d_gradient', [dy], { extents, ...pooling(size, options) });
  }

  // Recurrence

  /**
   * Runs what `write` writes once for every slice of the sequences, each step with the states of the step before. Gives the last states and the
   * stacked outputs [steps, ..]. Values of this builder reach the body as captures only.
   */
  scan(given: ScanInputs, write: (body: Builder, step: ScanStep) => ScanResult): ScanResult {
    const { inputs, attributes, outputs } = writeScan(given, write);
    const made = this.applyAll('scan', inputs, attributes);
    const states = given.states.length;
    return { states: made.slice(0, states), outputs: made.slice(states, states + outputs) };
  }

  // Helpers that write several instructions

  /** x as a constant of the same dtype where it is a number. */
  private binary(op: string, x: Operand, y: Operand): Value {
    const dtype = isValue(x) ? x.type.dtype : isValue(y) ? y.type.dtype : 'float';
    return this.apply(op, [this.constant(x, [], dtype), this.constant(y, [], dtype)]);
  }

  private reduce(op: string, x: Value, axes: readonly number[] | undefined, keepDims: boolean): Value {
    const all = axes
      ? axes.map((axis) => positive(x, axis)).sort((a, b) => a - b)
      : x.type.shape.map((_, axis) => axis);
    return this.apply(op, [x], { axes: all, keepDims });
  }

  apply(op: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.applyAll(op, inputs, attributes)[0]!;
  }

  applyAll(op: string, inputs: readonly Value[], attributes: Attributes): readonly Value[] {
    const rule = ops[op];
    if (!rule) throw new Error(`the program has no op ${op}`);
    const types = rule.infer(
      inputs.map((one) => one.type),
      attributes,
    );
    const outputs = types.map((type) => this.fresh(type));
    this.code.push({
      op,
      inputs: inputs.map((one) => one.id),
      outputs: outputs.map((one) => one.id),
      attributes,
      region: this.region,
    });
    return outputs;
  }

  private declare(input: Omit<ProgramInput, 'value'>, type: TensorType): Value {
    if (this.ins.some((one) => one.name === input.name)) throw new Error(`the program has two inputs ${input.name}`);
    const value = this.fresh(type);
    this.ins.push({ ...input, value: value.id });
    return value;
  }

  private fresh(type: TensorType): Value {
    this.types.push(type);
    return { id: this.types.length - 1, type };
  }
}

function isValue(x: unknown): x is Value {
  return typeof x === 'object' && x !== null && 'id' in x;
}

function positive(x: Value, axis: number): number {
  return axis < 0 ? axis + x.type.shape.length : axis;
}

function convolution(options: ConvolutionOptions) {
  const { strides = [1, 1], padding = [0, 0, 0, 0], dilation = [1, 1], groups = 1 } = options;
  return { strides, padding, dilation, groups };
}

function pooling(size: readonly number[], { strides = size, padding = [0, 0, 0, 0] }: PoolingOptions) {
  return { size, strides, padding };
}
