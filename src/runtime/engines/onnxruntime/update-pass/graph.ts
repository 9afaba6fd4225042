import { evaluateInstruction } from '../../../../program/evaluate.js';
import { type Instruction, type Program, sizeOf, type TensorType, type ValueId } from '../../../../program/program.js';
import { showType } from '../../../../program/shapes.js';
import type { ElementwiseName } from './elementwise.js';

/**
 * What the update computes, reduced to three kinds of work: elementwise operations, reductions, and reading a tensor's memory in
 * another shape. Axes of extent 1 are gone, so a bias [1, 300], a column norm [300] and a row norm [300, 1] are all vectors of 300
 * and their reshapes are free. Equal computations are one node. Operands come before the nodes that read them.
 */
export interface Graph {
  readonly nodes: readonly Node[];
  readonly outputs: readonly GraphOutput[];
}

export type NodeId = number;

/** A set of axes, bit i for axis i of the shape it speaks of. */
export type Axes = number;

interface Typed {
  /** Extents other than 1. */
  readonly shape: readonly number[];
  readonly dtype: 'float' | 'bool';
}

/** A number, in any shape. */
export interface ConstantNode extends Typed {
  readonly kind: 'constant';
  readonly value: number;
}
/** A tensor known when the program was built. */
export interface ArrayNode extends Typed {
  readonly kind: 'array';
  readonly data: Float64Array;
}
export interface InputNode extends Typed {
  readonly kind: 'input';
  readonly name: string;
}
/** The memory of `base`, read in another shape. */
export interface ReshapeNode extends Typed {
  readonly kind: 'reshape';
  readonly base: NodeId;
}
export interface ElementwiseNode extends Typed {
  readonly kind: 'elementwise';
  readonly op: ElementwiseName;
  readonly operands: readonly Operand[];
}
export interface ReductionNode extends Typed {
  readonly kind: 'reduction';
  readonly op: ReductionName;
  readonly operand: NodeId;
  /** The axes of the operand's shape that stay. */
  readonly kept: Axes;
}
export type Node = ConstantNode | ArrayNode | InputNode | ReshapeNode | ElementwiseNode | ReductionNode;
export type ReductionName = 'sum' | 'max' | 'min';

export interface Operand {
  readonly node: NodeId;
  /** Which axes of the reading node's shape the operand has; it is stretched along the others. */
  readonly axes: Axes;
}

export interface GraphOutput {
  readonly name: string;
  readonly role: 'result' | 'state';
  /** An elementwise node, or the input of that name: the state stays as it is. */
  readonly node: NodeId;
}

/** What the update pass cannot take; the message is for people. */
export class CannotTake extends Error {}

export function allAxes(shape: readonly number[]): Axes {
  return 2 ** shape.length - 1;
}

/** Reads the program into a graph. Throws CannotTake where something is neither elementwise nor a reduction. */
export function buildGraph(program: Program): Graph {
  return new Reader(program).read();
}

const squeeze = (shape: readonly number[]): number[] => shape.filter((extent) => extent !== 1);

class Reader {
  private readonly nodes: Node[] = [];
  private readonly known = new Map<string, NodeId>();
  /** The node of every value of the program. A constant's node may be smaller than the value. */
  private readonly nodeOf = new Map<ValueId, NodeId>();
  /** Values by which more than one tensor is divided. */
  private readonly sharedDivisors: ReadonlySet<ValueId>;

  constructor(private readonly program: Program) {
    const counts = new Map<ValueId, number>();
    for (const { op, inputs } of program.instructions) {
      const divisor = op === 'divide' ? inputs[1] : op === 'reciprocal' ? inputs[0] : undefined;
      if (divisor !== undefined) counts.set(divisor, (counts.get(divisor) ?? 0) + 1);
    }
    this.sharedDivisors = new Set([...counts].filter(([, count]) => count > 1).map(([value]) => value));
  }

  read(): Graph {
    for (const { name, value } of this.program.inputs) {
      const type = this.program.values[value]!;
      if (type.dtype !== 'float') throw new CannotTake(`the input ${name} is ${showType(type)}, not float`);
      const node: InputNode = { kind: 'input', name, shape: squeeze(this.shapeOf(value)), dtype: 'float' };
      this.nodeOf.set(value, this.add(node, `input ${name}`));
    }
    for (const instruction of this.program.instructions) {
      for (const id of [...instruction.inputs, ...instruction.outputs]) this.checkType(instruction.op, id);
      const rule = Object.hasOwn(rules, instruction.op) ? rules[instruction.op] : undefined;
      if (!rule) throw new CannotTake(`${instruction.op} is neither elementwise nor a reduction`);
      this.nodeOf.set(instruction.outputs[0]!, rule(this, instruction));
    }
    const outputs = this.program.outputs.map(({ name, role, value }): GraphOutput => {
      const node = this.whole(value);
      const { kind, dtype } = this.nodes[node]!;
      if (dtype === 'bool') return { name, role, node: this.elementwise('float_of_bool', [node], value) };
      const unchanged = role === 'state' && node === this.known.get(`input ${name}`);
      return { name, role, node: kind === 'elementwise' || unchanged ? node : this.elementwise('copy', [node], value) };
    });
    return { nodes: this.nodes, outputs };
  }

  type(value: ValueId): TensorType {
    return this.program.values[value]!;
  }

  shapeOf(value: ValueId): readonly number[] {
    const type = this.type(value);
    if (type.shape.includes('batch'))
      throw new CannotTake(`a value is ${showType(type)}, whose size the batch decides`);
    return type.shape as readonly number[];
  }

  private checkType(op: string, value: ValueId): void {
    const type = this.type(value);
    if (type.dtype === 'int') throw new CannotTake(`${op} computes with ${showType(type)}`);
    if (squeeze(this.shapeOf(value)).length > 24) throw new CannotTake(`${op} computes with ${showType(type)}`);
  }

  node(value: ValueId): NodeId {
    return this.nodeOf.get(value)!;
  }

  nodeAt(id: NodeId): Node {
    return this.nodes[id]!;
  }

  isShared(divisor: ValueId): boolean {
    return this.sharedDivisors.has(divisor);
  }

  /** The value as a node of the value's own shape. */
  whole(value: ValueId): NodeId {
    const node = this.node(value);
    const { kind, shape } = this.nodes[node]!;
    const own = squeeze(this.shapeOf(value));
    return kind === 'constant' && shape.length !== own.length ? this.elementwise('copy', [node], value) : node;
  }

  constant(value: number, dtype: 'float' | 'bool' = 'float'): NodeId {
    return this.add(
      { kind: 'constant', value, shape: [], dtype },
      `constant ${dtype} ${Object.is(value, -0) ? '-0' : value}`,
    );
  }

  array(data: Float64Array, shape: readonly number[], dtype: 'float' | 'bool'): NodeId {
    if (data.every((one) => Object.is(one, data[0]))) return this.constant(data[0] ?? 0, dtype);
    return this.add({ kind: 'array', data, shape: squeeze(shape), dtype }, `array ${this.nodes.length}`);
  }

  /**
   * An elementwise operation whose operands are values of the program or constants and whose result has `like`'s shape, or the
   * given one. Operands given as nodes must have that shape or be constants, unless `from` names the values they stand for.
   */
  elementwise(
    op: ElementwiseName,
    operands: readonly NodeId[],
    like: ValueId | readonly number[],
    from: readonly (ValueId | undefined)[] = [],
  ): NodeId {
    const shape = typeof like === 'number' ? this.shapeOf(like) : like;
    const own = squeeze(shape);
    const placed = operands.map((node, index): Operand => {
      const value = from[index];
      if (this.nodes[node]!.kind === 'constant') return { node, axes: 0 };
      return { node, axes: value === undefined ? allAxes(own) : axesWithin(this.shapeOf(value), shape) };
    });
    const dtype =
      boolResults.has(op) ||
      (op === 'copy' || op === 'select' ? this.nodes[operands.at(-1)!]!.dtype === 'bool' : false);
    const key = `${op} ${placed.map(({ node, axes }) => `${node}/${axes}`).join(' ')} [${own}]`;
    return this.add({ kind: 'elementwise', op, operands: placed, shape: own, dtype: dtype ? 'bool' : 'float' }, key);
  }

  reduction(op: ReductionName, operand: NodeId, shape: readonly number[], axes: readonly number[]): NodeId {
    const kept = shape.map((_, axis) => axis).filter((axis) => shape[axis] !== 1);
    const mask = kept.reduce((sum, axis, index) => (axes.includes(axis) ? sum : sum + 2 ** index), 0);
    // Only axes of extent 1 go: nothing is computed.
    if (mask === 2 ** kept.length - 1) return operand;
    const own = kept.filter((axis) => !axes.includes(axis)).map((axis) => shape[axis]!);
    return this.add(
      { kind: 'reduction', op, operand, kept: mask, shape: own, dtype: 'float' },
      `${op} ${operand} ${mask}`,
    );
  }

  /** The operand, whose elements are `like`'s in the same order. */
  reshape(operand: NodeId, like: ValueId): NodeId {
    const { shape, dtype } = this.nodes[operand]!;
    const own = squeeze(this.shapeOf(like));
    if (own.length === shape.length && own.every((extent, axis) => extent === shape[axis])) return operand;
    return this.add({ kind: 'reshape', base: operand, shape: own, dtype }, `reshape ${operand} [${own}]`);
  }

  private add(node: Node, key: string): NodeId {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    this.nodes.push(node);
    this.known.set(key, this.nodes.length - 1);
    return this.nodes.length - 1;
  }
}

const boolResults: ReadonlySet<string> = new Set<ElementwiseName>([
  'greater',
  'greater_equal',
  'less',
  'less_equal',
  'equal',
  'not_equal',
  'equal_bool',
  'and',
  'or',
  'not',
]);

/** Which of the axes of `to` that are not 1 the shape `from` has, aligned at the last axis. */
function axesWithin(from: readonly number[], to: readonly number[]): Axes {
  let axes = 0;
  let bit = 1;
  for (const [axis, extent] of to.entries()) {
    if (extent === 1) continue;
    const at = axis - (to.length - from.length);
    if (at >= 0 && from[at] !== 1) axes += bit;
    bit *= 2;
  }
  return axes;
}

/** How an instruction is written in nodes: the node of its result. */
type Rule = (r: Reader, instruction: Instruction) => NodeId;

/** The operation of the same name. Constant operands give a constant, computed in float64 as the program defines it. */
function same(op: ElementwiseName): Rule {
  return (r, instruction) =>
    folded(r, instruction) ??
    r.elementwise(
      op,
      instruction.inputs.map((id) => r.node(id)),
      instruction.outputs[0]!,
      instruction.inputs,
    );
}

function folded(r: Reader, instruction: Instruction): NodeId | undefined {
  const operands = instruction.inputs.map((id) => r.nodeAt(r.node(id)));
  if (!operands.every((one) => one.kind === 'constant')) return undefined;
  const type = r.type(instruction.outputs[0]!);
  const [result] = evaluateInstruction(
    instruction,
    operands.map(({ value, dtype }) => ({ dtype, shape: [], data: Float64Array.of(value) })),
    [{ dtype: type.dtype, shape: [] }],
  );
  return r.constant(result!.data[0]!, type.dtype as 'float' | 'bool');
}

/** An operation written with others, unless its operands are constants. `x` and so on are the nodes of the operands. */
function written(write: (r: Reader, at: Instruction, ...operands: NodeId[]) => NodeId): Rule {
  return (r, instruction) =>
    folded(r, instruction) ?? write(r, instruction, ...instruction.inputs.map((id) => r.node(id)));
}

/** maximum and minimum, cheaper where an operand is a constant. */
function extreme(op: 'maximum' | 'minimum'): Rule {
  return written((r, at, x, y) => {
    const [a, b] = at.inputs;
    const constant = (id: NodeId) => {
      const node = r.nodeAt(id);
      return node.kind === 'constant' && !Number.isNaN(node.value);
    };
    if (constant(y!)) return r.elementwise(`${op}_constant`, [x!, y!], at.outputs[0]!, [a, b]);
    if (constant(x!)) return r.elementwise(`${op}_constant`, [y!, x!], at.outputs[0]!, [b, a]);
    return r.elementwise(op, [x!, y!], at.outputs[0]!, [a, b]);
  });
}

function reduce(op: ReductionName): Rule {
  return (r, { inputs, attributes }) =>
    r.reduction(op, r.whole(inputs[0]!), r.shapeOf(inputs[0]!), attributes.axes as readonly number[]);
}

/**
 * Division is six times the work of a product. By a smaller tensor it is one division for each of that tensor's elements; by a
 * tensor that divides more than once it is done once. (A product by 1/y differs by one more rounding, and is infinite where y is
 * below 2.9e-39.)
 */
const divide = written((r, at, x, y) => {
  const [a, b] = at.inputs as readonly [ValueId, ValueId];
  const result = at.outputs[0]!;
  const divisor = r.nodeAt(y!);
  if (divisor.kind === 'constant') {
    const inverse = Math.fround(1 / divisor.value);
    if (Number.isFinite(inverse) && inverse !== 0) {
      return r.elementwise('multiply', [x!, r.constant(1 / divisor.value)], result, [a]);
    }
  } else if (divisor.shape.length < squeeze(r.shapeOf(result)).length || r.isShared(b)) {
    return r.elementwise('multiply', [x!, invert(r, y!, b)], result, [a, b]);
  }
  return r.elementwise('divide', [x!, y!], result, [a, b]);
});

function invert(r: Reader, node: NodeId, like: ValueId): NodeId {
  return r.elementwise('divide', [r.constant(1), node], like);
}

/** The ops of the program that the update pass takes. */
const rules: Readonly<Record<string, Rule>> = {
  constant: (r, { attributes, outputs }) =>
    r.array(attributes.data as Float64Array, r.shapeOf(outputs[0]!), r.type(outputs[0]!).dtype as 'float' | 'bool'),
  negate: same('negate'),
  abs: same('abs'),
  sign: same('sign'),
  exp: same('exp'),
  log: same('log'),
  sqrt: same('sqrt'),
  square: written((r, at, x) => r.elementwise('multiply', [x!, x!], at.outputs[0]!)),
  reciprocal: written((r, at, x) => invert(r, x!, at.outputs[0]!)),
  tanh: same('tanh'),
  sigmoid: written((r, at, x) => {
    const like = at.outputs[0]!;
    const e = r.elementwise('exp', [r.elementwise('negate', [x!], like)], like);
    return invert(r, r.elementwise('add', [e, r.constant(1)], like), like);
  }),
  softplus: written((r, at, x) => {
    const like = at.outputs[0]!;
    const e = r.elementwise('exp', [r.elementwise('negate', [r.elementwise('abs', [x!], like)], like)], like);
    const positive = r.elementwise('maximum_constant', [x!, r.constant(0)], like);
    return r.elementwise('add', [positive, r.elementwise('log1p', [e], like)], like);
  }),
  relu: written((r, at, x) => r.elementwise('maximum_constant', [x!, r.constant(0)], at.outputs[0]!)),
  erf: same('erf'),
  not: same('not'),
  cast: written((r, at, x) => {
    const from = r.type(at.inputs[0]!).dtype;
    const to = r.type(at.outputs[0]!).dtype;
    if (from === to) return x!;
    return from === 'bool'
      ? r.elementwise('float_of_bool', [x!], at.outputs[0]!)
      : r.elementwise('not_equal', [x!, r.constant(0)], at.outputs[0]!);
  }),
  add: same('add'),
  subtract: same('subtract'),
  multiply: same('multiply'),
  divide,
  maximum: extreme('maximum'),
  minimum: extreme('minimum'),
  power: written((r, at, x, y) => {
    const [a, b] = at.inputs;
    const like = at.outputs[0]!;
    const exponent = r.nodeAt(y!);
    // The result has the shape of x unless the exponent stretches it.
    const plain = squeeze(r.shapeOf(a!)).length === squeeze(r.shapeOf(like)).length;
    const value = exponent.kind === 'constant' && plain ? exponent.value : undefined;
    if (value === 2) return r.elementwise('multiply', [x!, x!], like);
    if (value === 0.5) return r.elementwise('sqrt', [x!], like);
    if (value === -1) return invert(r, x!, like);
    return r.elementwise('power', [x!, y!], like, [a, b]);
  }),
  greater: same('greater'),
  greater_equal: same('greater_equal'),
  less: same('less'),
  less_equal: same('less_equal'),
  equal: (r, at) => same(r.type(at.inputs[0]!).dtype === 'bool' ? 'equal_bool' : 'equal')(r, at),
  and: same('and'),
  or: same('or'),
  select: same('select'),
  sum: reduce('sum'),
  max: reduce('max'),
  min: reduce('min'),
  mean: (r, at) => {
    const axes = at.attributes.axes as readonly number[];
    const shape = r.shapeOf(at.inputs[0]!);
    const count = sizeOf(axes.map((axis) => shape[axis]!));
    const sum = reduce('sum')(r, at);
    return count === 1 ? sum : r.elementwise('multiply', [sum, r.constant(1 / count)], at.outputs[0]!);
  },
  norm: (r, at) => {
    const [value] = at.inputs as readonly [ValueId];
    const x = r.whole(value);
    const squares = r.elementwise('multiply', [x, x], value);
    const sum = r.reduction('sum', squares, r.shapeOf(value), at.attributes.axes as readonly number[]);
    return sum === squares ? r.elementwise('abs', [x], value) : r.elementwise('sqrt', [sum], at.outputs[0]!);
  },
  reshape: (r, { inputs, outputs }) => {
    const node = r.node(inputs[0]!);
    return r.nodeAt(node).kind === 'constant' ? node : r.reshape(node, outputs[0]!);
  },
  broadcast_to: (r, { inputs, outputs }) => {
    const node = r.node(inputs[0]!);
    const { kind, shape } = r.nodeAt(node);
    const stretches = squeeze(r.shapeOf(outputs[0]!)).length !== shape.length;
    return kind === 'constant' || !stretches ? node : r.elementwise('copy', [node], outputs[0]!, inputs);
  },
};
