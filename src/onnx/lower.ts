import type { Extent, HostTensor, Instruction, Program, TensorType, ValueId } from '../program/program.js';
import { broadcastsTo, sameType } from '../program/shapes.js';
import { planChannelsFirst } from './channels-first.js';
import { channelsFirst, Forms, type Order } from './forms.js';
import { BATCH, elementType, GraphWriter, initializerOf, type Target } from './graph.js';
import type { At } from './lowering.js';
import { encode, type Model, type Subgraph, type ValueInfo } from './model.js';
import { lowerings } from './ops/index.js';
import { writeMatmul } from './ops/linear.js';

/** For every number of a row: (x + before) · scale + after. */
export interface Affine {
  readonly before: readonly number[];
  readonly scale: readonly number[];
  readonly after: readonly number[];
}

export interface LowerOptions extends Partial<Target> {
  /** Values of inputs, by name: these become constants of the model and are no inputs any more. */
  readonly initializers?: Readonly<Record<string, HostTensor>>;
  /**
   * Inputs of which the program reads some entries of the last axis only (a spec's `keep`), by name. The model takes the input
   * with `width` entries and picks `indices` itself.
   */
  readonly select?: Readonly<Record<string, { readonly indices: readonly number[]; readonly width: number }>>;
  /** What is done to inputs (after `select`) before the program reads them, and to results that it gives, by name. */
  readonly units?: {
    readonly inputs: Readonly<Record<string, Affine>>;
    readonly outputs: Readonly<Record<string, Affine>>;
  };
}

export interface LoweredModel {
  readonly model: Model;
  /** The model's output for each of the program's, in the program's order. A result keeps its name, the next value of a state w is `next:w`. */
  readonly outputs: readonly { readonly name: string; readonly role: 'result' | 'state'; readonly onnx: string }[];
}

/**
 * Writes a program as one ONNX graph with a symbolic batch. Inputs keep their names. A bias, or any other sum with a matmul's
 * result, is Gemm's third input: one pass over memory less.
 *
 * @throws Error where the program has an op without a lowering: a mistake in dnc.
 */
export function lowerProgram(program: Program, options: LowerOptions = {}): LoweredModel {
  const g = new GraphWriter({ microsoft: options.microsoft ?? false });
  const inputs: ValueInfo[] = [];
  const names = new Map<ValueId, string>();
  const initializers = options.initializers ?? {};

  for (const input of program.inputs) {
    const type = program.values[input.value]!;
    const name = g.reserve(input.name);
    names.set(input.value, name);
    const given = initializers[input.name];
    if (given) {
      g.initializers.push(initializerOf(name, type, given));
      continue;
    }
    const selected = options.select?.[input.name];
    const shape: Extent[] = [...type.shape];
    if (selected) shape[shape.length - 1] = selected.width;
    inputs.push({ name, type: elementType(type.dtype), shape: symbolic(shape) });
    const axis = shape.indexOf('batch');
    if (axis >= 0) g.batchFrom(name, axis);
  }
  const outputs = program.outputs.map((output) => ({
    name: output.name,
    role: output.role,
    onnx: g.fresh(output.role === 'state' ? `next:${output.name}` : output.name),
  }));

  for (const input of program.inputs) {
    if (initializers[input.name]) continue;
    const selected = options.select?.[input.name];
    if (selected)
      names.set(input.value, g.node('Gather', [names.get(input.value)!, g.int64(selected.indices)], { axis: -1 }));
    const affine = options.units?.inputs[input.name];
    if (affine) names.set(input.value, writeAffine(g, names.get(input.value)!, program.values[input.value]!, affine));
  }

  // An output's value is computed under the output's name, unless the value has a name already.
  const preferred = new Map<ValueId, string>();
  for (const [index, output] of program.outputs.entries()) {
    if (options.units?.outputs[output.name]) continue;
    if (!names.has(output.value) && !preferred.has(output.value)) preferred.set(output.value, outputs[index]!.onnx);
  }
  const nameOf = writeInstructions(g, program, names, preferred);

  for (const [index, output] of program.outputs.entries()) {
    const affine = options.units?.outputs[output.name];
    const own = nameOf(output.value);
    const name = affine ? writeAffine(g, own, program.values[output.value]!, affine) : own;
    if (name !== outputs[index]!.onnx) g.node('Identity', [name], {}, outputs[index]!.onnx);
  }
  const infos = program.outputs.map((output, index): ValueInfo => {
    const type = program.values[output.value]!;
    return { name: outputs[index]!.onnx, type: elementType(type.dtype), shape: symbolic(type.shape) };
  });
  const model = { name: program.name, inputs, outputs: infos, initializers: g.initializers, nodes: g.nodes };
  return { model, outputs };
}

/** Writes the instructions of a program over values that have names already; gives the names of all. */
function writeInstructions(
  g: GraphWriter,
  program: Program,
  names: Map<ValueId, string>,
  preferred: ReadonlyMap<ValueId, string>,
): (id: ValueId) => string {
  const gemms = findGemms(program);
  const biases = findBiases(program);
  const absorbed = new Set([...gemms.values(), ...biases.values()].map((one) => one.product));
  const moves = planChannelsFirst(program);
  const constants = new Map<ValueId, Instruction>();
  const forms = new Forms(g, program.values, preferred);
  for (const [id, name] of names) forms.define(id, name);
  const ready = (id: ValueId) => {
    if (forms.isDefined(id)) return;
    const constant = constants.get(id);
    if (!constant) throw new Error(`value ${id} of ${program.name} is read before it is computed`);
    const { dtype, shape } = program.values[id]! as TensorType & { readonly shape: readonly number[] };
    forms.define(id, g.constant({ dtype, shape }, constant.attributes.data as Float64Array));
  };
  const nameOf = (id: ValueId, order?: Order): string => {
    ready(id);
    return forms.in(id, order);
  };
  const against = (id: ValueId, order: Order): string => {
    ready(id);
    return forms.against(id, order);
  };
  const body: At['body'] = (program, own, captures) => writeBody(new GraphWriter(g.target, g), program, own, captures);
  const typesOf = (ids: readonly ValueId[]) => ids.map((id) => program.values[id]!);

  for (const [index, instruction] of program.instructions.entries()) {
    if (instruction.op === 'constant') {
      constants.set(instruction.outputs[0]!, instruction);
      continue;
    }
    if (absorbed.has(instruction)) continue;
    /** Names for what the instruction computes, in plain order or with channels first. */
    const define = (first = false) =>
      instruction.outputs.map((id) => {
        const order = first ? channelsFirst(program.values[id]!.shape.length) : undefined;
        const name = (first ? undefined : preferred.get(id)) ?? g.fresh(`${instruction.op}_${id}`);
        forms.define(id, name, order);
        return name;
      });
    const outputTypes = typesOf(instruction.outputs);
    const gemm = gemms.get(index);
    if (gemm) {
      const { product, addend } = gemm;
      const inputs = product.inputs.map((id) => nameOf(id));
      const third = nameOf(addend);
      const { attributes } = product;
      const inputTypes = typesOf(product.inputs);
      writeMatmul(g, { inputs, inputTypes, attributes, outputs: define(), outputTypes, body }, third);
      continue;
    }
    const biased = biases.get(index);
    const { op, inputs, attributes } = biased?.product ?? instruction;
    const lowering = lowerings[op];
    if (!lowering) throw new Error(`the op ${op} has no ONNX lowering`);
    const inputTypes = typesOf(inputs);
    if (typeof lowering === 'object') {
      const input = (at: number, order: Order) => nameOf(inputs[at]!, order);
      const bias = biased && nameOf(biased.addend);
      const at = {
        input,
        inputTypes,
        attributes,
        outputs: define(lowering.writes === 'channels first'),
        outputTypes,
        body,
      };
      lowering.lower(g, bias === undefined ? at : { ...at, bias });
      continue;
    }
    const moved = moves.get(instruction);
    if (moved) {
      const read = inputs.map((id, at) => {
        const rank = moved.ranks[at];
        return rank === undefined ? nameOf(id) : against(id, channelsFirst(rank));
      });
      lowering(g, { ...moved, inputs: read, outputs: define(moved.first), body });
      continue;
    }
    lowering(g, {
      inputs: inputs.map((id) => nameOf(id)),
      inputTypes,
      attributes,
      outputs: define(),
      outputTypes,
      body,
    });
  }
  return nameOf;
}

/** The body of an instruction as a subgraph: what it gives has a node and a name of its own, even where it is an input or given twice. */
function writeBody(g: GraphWriter, program: Program, own: number, captures: readonly string[]): Subgraph {
  const names = new Map<ValueId, string>();
  const info = (name: string, id: ValueId): ValueInfo => {
    const { dtype, shape } = program.values[id]!;
    return { name, type: elementType(dtype), shape: symbolic(shape) };
  };
  for (const [at, { name, value }] of program.inputs.entries())
    names.set(value, at < own ? g.fresh(name) : captures[at - own]!);
  const inputs = program.inputs.slice(0, own).map(({ value }) => info(names.get(value)!, value));
  const preferred = new Map<ValueId, string>();
  const outputs = program.outputs.map(({ name, value }) => {
    const onnx = g.fresh(name);
    if (!names.has(value) && !preferred.has(value)) preferred.set(value, onnx);
    return { onnx, value };
  });
  const nameOf = writeInstructions(g, program, names, preferred);
  for (const { onnx, value } of outputs) if (nameOf(value) !== onnx) g.node('Identity', [nameOf(value)], {}, onnx);
  return { name: program.name, inputs, outputs: outputs.map(({ onnx, value }) => info(onnx, value)), nodes: g.nodes };
}

/** Writes the affine map of a batch of rows; gives the result's name. */
function writeAffine(g: GraphWriter, name: string, { shape }: TensorType, { before, scale, after }: Affine): string {
  const row = shape.slice(1) as readonly number[];
  const step = (operator: 'Add' | 'Mul', from: string, numbers: readonly number[], neutral: number) =>
    numbers.every((one) => one === neutral)
      ? from
      : g.node(operator, [from, g.constant({ dtype: 'float', shape: row }, Float64Array.from(numbers))]);
  return step('Add', step('Mul', step('Add', name, before, 0), scale, 1), after, 0);
}

/** The bytes of an .onnx file that computes the program: inputs by their names, outputs by the results' names. Standard ops only, unless `microsoft`. */
export function encodeModel(program: Program, options: LowerOptions = {}): Uint8Array {
  return encode(lowerProgram(program, options).model);
}

function symbolic(shape: readonly Extent[]): (number | string)[] {
  return shape.map((extent) => (extent === 'batch' ? BATCH : extent));
}

/** A sum with a product that nothing else reads. */
interface Addition {
  readonly product: Instruction;
  readonly addend: ValueId;
}

/** The sums of an `op`'s result that nothing else reads, and something that fits, by the sum's index. */
function findAdditions(
  program: Program,
  op: string,
  fits: (product: Instruction, addend: ValueId, sum: TensorType) => boolean,
): Map<number, Addition> {
  const producer = new Map<ValueId, Instruction>();
  const readers = new Map<ValueId, number>();
  const count = (id: ValueId) => readers.set(id, (readers.get(id) ?? 0) + 1);
  for (const instruction of program.instructions) {
    for (const id of instruction.outputs) producer.set(id, instruction);
    for (const id of instruction.inputs) count(id);
  }
  for (const output of program.outputs) count(output.value);

  const additions = new Map<number, Addition>();
  for (const [index, { op: sum, inputs, outputs }] of program.instructions.entries()) {
    if (sum !== 'add') continue;
    const [x, y] = inputs as readonly [ValueId, ValueId];
    for (const [one, addend] of [
      [x, y],
      [y, x],
    ] as const) {
      const product = producer.get(one);
      if (product?.op !== op || readers.get(one) !== 1) continue;
      if (!fits(product, addend, program.values[outputs[0]!]!)) continue;
      additions.set(index, { product, addend });
      break;
    }
  }
  return additions;
}

/** Sums that are Gemm's third input: x · y + addend. */
function findGemms(program: Program): Map<number, Addition> {
  const type = (id: ValueId) => program.values[id]!;
  return findAdditions(program, 'matmul', ({ inputs, outputs }, addend, sum) => {
    if (inputs.some((id) => type(id).shape.length !== 2 || type(id).dtype !== 'float')) return false;
    return sameType(type(outputs[0]!), sum) && isAddend(type(addend), sum);
  });
}

/** Sums that are Conv's third input: a number for each filter. */
function findBiases(program: Program): Map<number, Addition> {
  const shapeOf = (id: ValueId) => program.values[id]!.shape;
  return findAdditions(program, 'conv2d', ({ inputs }, addend, sum) => {
    if ([addend, ...inputs].some((id) => shapeOf(id).includes(0))) return false;
    return shapeOf(addend).length === 1 && shapeOf(addend)[0] === sum.shape[3];
  });
}

/** Whether Gemm takes `from` as the third input beside a product of type `to`. */
function isAddend(from: TensorType, to: TensorType): boolean {
  return from.dtype === 'float' && broadcastsTo(from.shape, to.shape);
}
