import type { Instruction, Program, Region, TensorType, ValueId } from '../program.js';
import type { Pass } from './pass.js';

/**
 * The order in which engines get a program: all of `data`, then all of `update`; every region with its own constants, so that an
 * engine that runs the update in its own way reads numbers off the program and not out of the other region; values numbered in
 * the order in which they are defined, without gaps.
 */
export const layout: Pass = {
  keyword: 'layout',
  summary: 'Data before update, constants beside their readers, values numbered in order.',
  run(program) {
    const values: TensorType[] = [];
    const instructions: Instruction[] = [];
    const names = new Map<ValueId, ValueId>();
    const define = (id: ValueId) => {
      names.set(id, values.push(program.values[id]!) - 1);
      return names.get(id)!;
    };
    const inputs = program.inputs.map((one) => ({ ...one, value: define(one.value) }));
    const constants = new Map<ValueId, Instruction>();
    for (const one of program.instructions) if (one.op === 'constant') constants.set(one.outputs[0]!, one);

    const forUpdate = new Set(
      program.instructions.filter((one) => one.region === 'update').flatMap((one) => one.inputs),
    );

    const place = (instruction: Instruction, region: Region) => {
      const inputs = instruction.inputs.map((id) => names.get(id)!);
      instructions.push({ ...instruction, inputs, outputs: instruction.outputs.map(define), region });
    };
    for (const region of ['data', 'update'] as const) {
      const own = new Set<ValueId>();
      const need = (id: ValueId) => {
        const constant = constants.get(id);
        if (!constant || own.has(id)) return;
        own.add(id);
        place(constant, region);
      };
      for (const instruction of program.instructions) {
        if (instruction.region !== region || instruction.op === 'constant') continue;
        for (const id of instruction.inputs) need(id);
        place(instruction, region);
      }
      // What is a result as it stands, and read by nothing, needs a place too.
      if (region === 'data')
        for (const { value } of program.outputs) if (!names.has(value) && !forUpdate.has(value)) need(value);
    }
    const outputs = program.outputs.map((one) => ({ ...one, value: names.get(one.value)! }));
    const result: Program = { ...program, values, inputs, instructions, outputs };
    return result;
  },
};
