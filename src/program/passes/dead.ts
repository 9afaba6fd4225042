import type { Instruction, ValueId } from '../program.js';
import { pruneScan } from '../recurrence.js';
import type { Pass } from './pass.js';

/**
 * Dead-code elimination: what no output depends on goes, draws that nothing reads included (the host need not make them). Other
 * inputs stay: they are how the program is called. A scan loses the outputs that nothing reads, with what only they needed.
 */
export const dead: Pass = {
  keyword: 'dead',
  summary: 'What no output depends on is not computed, nor drawn.',
  run(program) {
    const live = new Set<ValueId>(program.outputs.map((one) => one.value));
    const instructions: Instruction[] = [];
    let pruned = false;
    for (const original of [...program.instructions].reverse()) {
      if (!original.outputs.some((id) => live.has(id))) continue;
      const instruction = original.op === 'scan' ? pruneScan(original, (id) => live.has(id)) : original;
      pruned ||= instruction !== original;
      for (const id of instruction.inputs) live.add(id);
      instructions.push(instruction);
    }
    const inputs = program.inputs.filter((one) => one.role !== 'random' || live.has(one.value));
    if (!pruned && instructions.length === program.instructions.length && inputs.length === program.inputs.length)
      return program;
    return { ...program, inputs, instructions: instructions.reverse() };
  },
};
