import type { Extent, HostTensor, Instruction, Program, TensorType, ValueId } from '../program/program.js';
import { broadcastsTo, sameType } from '../program/shapes.js';
import { BATCH, elementType, GraphWriter, initializerOf, type Target } from './graph.js';
import { encode, type Model, type ValueInfo } from './model.js';
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
  const gemms = findGemms(program);
  const absorbed = new Set([...gemms.values()].map((one) => one.matmul));
  const constants = new Map<ValueId, Instruction>();
  const nameOf = (id: ValueId): string => {
    const known = names.get(id);
    if (known !== undefined) return known;
    const constant = constants.get(id);
    if (!constant) throw new Error(`value ${id} of ${program.name} is read before it is computed`);
    const { dtype, shape } = program.values[id]! as TensorType & { readonly shape: readonly number[] };
    const name = g.constant({ dtype, shape }, constant.attributes.data as Float64Array);
    names.set(id, name);
    return name;
  };
  const typesOf = (ids: readonly ValueId[]) => ids.map((id) => program.values[id]!);

  for (const [index, instruction] of program.instructions.entries()) {
    if (instruction.op === 'constant') {
      constants.set(instruction.outputs[0]!, instruction);
      continue;
    }
    if (absorbed.has(instruction)) continue;
    const define = () =>
      instruction.outputs.map((id) => {
        const name = preferred.get(id) ?? g.fresh(`${instruction.op}_${id}`);
        names.set(id, name);
        return name;
      });
    const fused = gemms.get(index);
    if (fused) {
      const { matmul, addend } = fused;
      const read = { inputs: matmul.inputs.map(nameOf), inputTypes: typesOf(matmul.inputs) };
      const third = nameOf(addend);
      const at = {
        ...read,
        attributes: matmul.attributes,
        outputs: define(),
        outputTypes: typesOf(instruction.outputs),
      };
      writeMatmul(g, at, third);
      continue;
    }
    const lowering = lowerings[instruction.op];
    if (!lowering) throw new Error(`the op ${instruction.op} has no ONNX lowering`);
    lowering(g, {
      inputs: instruction.inputs.map(nameOf),
      inputTypes: typesOf(instruction.inputs),
      attributes: instruction.attributes,
      outputs: define(),
      outputTypes: typesOf(instruction.outputs),
    });
  }

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

/** A sum that is Gemm's third input: x · y + addend. */
interface Gemm {
  readonly matmul: Instruction;
  readonly addend: ValueId;
}

/** The sums of a matmul that nothing else reads, by the sum's index. */
function findGemms(program: Program): Map<number, Gemm> {
  const producer = new Map<ValueId, Instruction>();
  const readers = new Map<ValueId, number>();
  const count = (id: ValueId) => readers.set(id, (readers.get(id) ?? 0) + 1);
  for (const instruction of program.instructions) {
    for (const id of instruction.outputs) producer.set(id, instruction);
    for (const id of instruction.inputs) count(id);
  }
  for (const output of program.outputs) count(output.value);

  const type = (id: ValueId) => program.values[id]!;
  const gemms = new Map<number, Gemm>();
  for (const [index, { op, inputs, outputs }] of program.instructions.entries()) {
    if (op !== 'add') continue;
    const [x, y] = inputs as readonly [ValueId, ValueId];
    for (const [product, addend] of [
      [x, y],
      [y, x],
    ] as const) {
      const matmul = producer.get(product);
      if (matmul?.op !== 'matmul' || readers.get(product) !== 1) continue;
      if (matmul.inputs.some((id) => type(id).shape.length !== 2 || type(id).dtype !== 'float')) continue;
      if (!sameType(type(product), type(outputs[0]!)) || !isAddend(type(addend), type(product))) continue;
      gemms.set(index, { matmul, addend });
      break;
    }
  }
  return gemms;
}

/** Whether Gemm takes `from` as the third input beside a product of type `to`. */
function isAddend(from: TensorType, to: TensorType): boolean {
  return from.dtype === 'float' && broadcastsTo(from.shape, to.shape);
}
