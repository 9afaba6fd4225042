import { ops } from './ops/index.js';
import type { HostTensor, Instruction, Program, Tensor64, TensorType, ValueId } from './program.js';
import { resolveShape, sameShape, showShape, showType } from './shapes.js';

/** What a program computes, in float64. Results and states are apart because a result may have a state's name. */
export interface Evaluation {
  readonly results: Readonly<Record<string, Tensor64>>;
  /** The next value of every state that the program writes. */
  readonly state: Readonly<Record<string, Tensor64>>;
}

/**
 * Runs a program in float64: the reference for engines, central differences and folding. Nothing is rounded to float32; int and
 * bool hold whole numbers.
 *
 * `inputs` holds a tensor for every input of the program by name; names that the program does not have are passed over. The batch
 * extent is read off them. Throws an Error when one is missing or has another shape. The given arrays are only read, and results
 * may share memory with them.
 */
export function evaluate(program: Program, inputs: Readonly<Record<string, Tensor64 | HostTensor>>): Evaluation {
  const values = new Map<ValueId, Tensor64>();
  let batch: number | undefined;
  for (const { name, value } of program.inputs) {
    const given = inputs[name];
    const type = program.values[value]!;
    if (!given) throw new Error(`${program.name}: the input ${name} is missing`);
    const at = type.shape.indexOf('batch');
    if (at >= 0) batch ??= given.shape[at];
    if (!sameShape(given.shape, resolveShape(type.shape, batch))) {
      const rows = batch === undefined ? '' : ` with ${batch} rows in the batch`;
      throw new Error(
        `${program.name}: the input ${name} is ${showType(type)}${rows} and was given ${showShape(given.shape)}`,
      );
    }
    const data = given.data instanceof Float64Array ? given.data : Float64Array.from(given.data);
    values.set(value, { dtype: type.dtype, shape: given.shape, data });
  }

  const lastUse = new Map<ValueId, number>();
  for (const [index, { inputs }] of program.instructions.entries()) for (const id of inputs) lastUse.set(id, index);
  for (const { value } of program.outputs) lastUse.set(value, Number.POSITIVE_INFINITY);

  for (const [index, instruction] of program.instructions.entries()) {
    const outputs = evaluateInstruction(
      instruction,
      instruction.inputs.map((id) => computed(values, id)),
      instruction.outputs.map((id) => program.values[id]!),
      batch,
    );
    for (const [at, id] of instruction.outputs.entries()) if (lastUse.has(id)) values.set(id, outputs[at]!);
    for (const id of instruction.inputs) if (lastUse.get(id) === index) values.delete(id);
  }

  const named = (role: 'result' | 'state') =>
    Object.fromEntries(
      program.outputs.filter((one) => one.role === role).map((one) => [one.name, computed(values, one.value)]),
    );
  return { results: named('result'), state: named('state') };
}

/** Runs one instruction. `types` are those of its outputs; `batch` is needed only where one of them has the batch's extent. */
export function evaluateInstruction(
  instruction: Instruction,
  inputs: readonly Tensor64[],
  types: readonly TensorType[],
  batch?: number,
): readonly Tensor64[] {
  const op = ops[instruction.op];
  if (!op) throw new Error(`the program has no op ${instruction.op}`);
  const outputs = types.map((type) => ({ shape: resolveShape(type.shape, batch) }));
  return op.evaluate(inputs, instruction.attributes, outputs);
}

function computed(values: ReadonlyMap<ValueId, Tensor64>, id: ValueId): Tensor64 {
  const value = values.get(id);
  if (!value) throw new Error(`the value ${id} is read before it is computed`);
  return value;
}
