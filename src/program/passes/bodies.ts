import { type Attributes, isProgram, type Program } from '../program.js';
import type { Pass } from './pass.js';

/** The pass, run in the bodies of a program's instructions too, before it is run on the program itself. */
export function inBodies(pass: Pass): Pass {
  const run = (program: Program): Program => pass.run(withBodies(program, run));
  return { ...pass, run };
}

/** The program with its bodies replaced. The same object comes back where none changed. */
function withBodies(program: Program, change: (body: Program) => Program): Program {
  let changed = false;
  const instructions = program.instructions.map((instruction) => {
    const entries = Object.entries(instruction.attributes);
    if (!entries.some(([, value]) => isProgram(value))) return instruction;
    const attributes: Attributes = Object.fromEntries(
      entries.map(([name, value]) => [name, isProgram(value) ? change(value) : value]),
    );
    if (entries.every(([name, value]) => attributes[name] === value)) return instruction;
    changed = true;
    return { ...instruction, attributes };
  });
  return changed ? { ...program, instructions } : program;
}
