import { ops } from '../ops/index.js';
import type { Attributes, Instruction, Program, TensorType, ValueId } from '../program.js';
import { sameType, showType } from '../shapes.js';

/** A program to a program that computes the same. The same object comes back where nothing changed. */
export interface Pass {
  readonly keyword: string;
  readonly summary: string;
  run(program: Program): Program;
}

/** What a rewriting rule may use; ids are those of the program being written. */
export interface Rewriter {
  /** The instruction that computes a value; undefined for an input of the program. */
  producer(id: ValueId): Instruction | undefined;
  type(id: ValueId): TensorType;
  /** Writes an instruction in the region of the one in hand. */
  emit(op: string, inputs: readonly ValueId[], attributes?: Attributes): readonly ValueId[];
}

/**
 * Walks the program front to back. `rule` sees each instruction with its inputs already rewritten, and either returns values to use
 * instead of its outputs (of the same types), or undefined to keep it.
 */
export function rewrite(
  program: Program,
  rule: (instruction: Instruction, r: Rewriter) => readonly ValueId[] | undefined,
): Program {
  const values = [...program.values];
  const instructions: Instruction[] = [];
  const producers = new Map<ValueId, Instruction>();
  const renamed = new Map<ValueId, ValueId>();
  const rename = (id: ValueId) => renamed.get(id) ?? id;
  const write = (instruction: Instruction) => {
    instructions.push(instruction);
    for (const id of instruction.outputs) producers.set(id, instruction);
  };

  for (const original of program.instructions) {
    const instruction = { ...original, inputs: original.inputs.map(rename) };
    const replaced = rule(instruction, {
      producer: (id) => producers.get(id),
      type: (id) => values[id]!,
      emit(op, inputs, attributes = {}) {
        const types = ops[op]!.infer(
          inputs.map((id) => values[id]!),
          attributes,
        );
        const outputs = types.map((type) => values.push(type) - 1);
        write({ op, inputs, outputs, attributes, region: original.region });
        return outputs;
      },
    });
    if (!replaced) {
      write(instruction);
      continue;
    }
    for (const [at, id] of instruction.outputs.entries()) {
      const other = replaced[at]!;
      if (!sameType(values[id]!, values[other]!)) {
        throw new Error(
          `a rule for ${original.op} puts ${showType(values[other]!)} in the place of ${showType(values[id]!)}`,
        );
      }
      renamed.set(id, other);
    }
  }
  if (renamed.size === 0) return program;
  return {
    ...program,
    values,
    instructions,
    outputs: program.outputs.map((one) => ({ ...one, value: rename(one.value) })),
  };
}
