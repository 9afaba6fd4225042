import type { Program, ProgramInput, ProgramOutput, ValueId } from '../program.js';

/** The two halves of a step, for engines that run the update in their own way. */
export interface Split {
  /** Forward, loss, metrics and their gradients. What the update reads of it are results named `value:<id>`. */
  readonly data: Program;
  /**
   * Penalties, optimizer and proximal step. The values that come from `data` are inputs of role `batch` named `value:<id>`. Owns every
   * next state: one that `data` computes is a copy of its crossing value, so an output's value may be an input.
   */
  readonly update: Program;
}

/** The name under which a value of the data half reaches the update half. */
function crossingName(id: ValueId): string {
  return `value:${id}`;
}

/**
 * Cuts a program between the region `data` and the region `update`, which only the update reads (verify.ts). Constants go with whichever
 * half reads them; what no output needs is left out. Both halves keep the program's value ids.
 */
export function splitUpdate(program: Program): Split {
  const constants = new Set<ValueId>();
  const updated = new Set<ValueId>();
  for (const instruction of program.instructions) {
    if (instruction.op === 'constant') for (const id of instruction.outputs) constants.add(id);
    else if (instruction.region === 'update') for (const id of instruction.outputs) updated.add(id);
  }
  const inputs = new Map<ValueId, ProgramInput>(program.inputs.map((one) => [one.value, one]));
  const computed = new Set(program.instructions.flatMap((one) => one.outputs));
  const inData = (id: ValueId) => computed.has(id) && !updated.has(id) && !constants.has(id);
  const isKept = (output: ProgramOutput) =>
    output.role === 'state' &&
    inputs.get(output.value)?.role === 'state' &&
    inputs.get(output.value)?.name === output.name;

  const updateOutputs = program.outputs.filter((output) =>
    output.role === 'state' ? !isKept(output) : updated.has(output.value),
  );
  const written = new Set(updateOutputs.filter((one) => one.role === 'state').map((one) => one.name));
  const needed = new Set(updateOutputs.map((output) => output.value));
  const updateCode = program.instructions
    .filter((one) => one.op === 'constant' || one.outputs.some((id) => updated.has(id)))
    .reverse()
    .filter((one) => {
      if (!one.outputs.some((id) => needed.has(id))) return false;
      for (const id of one.inputs) needed.add(id);
      return true;
    })
    .reverse();
  const crossing = [...needed].filter(inData).sort((a, b) => a - b);

  const dataOutputs: ProgramOutput[] = [
    ...program.outputs.filter((output) => output.role === 'result' && !updated.has(output.value)),
    ...crossing.map((id) => ({ name: crossingName(id), value: id, role: 'result' as const })),
  ];
  const read = new Set(dataOutputs.map((output) => output.value));
  const dataCode = program.instructions
    .filter((one) => one.op === 'constant' || !one.outputs.some((id) => updated.has(id)))
    .reverse()
    .filter((one) => {
      if (!one.outputs.some((id) => read.has(id))) return false;
      for (const id of one.inputs) read.add(id);
      return true;
    })
    .reverse();

  return {
    data: {
      name: `${program.name}.data`,
      values: program.values,
      inputs: program.inputs.filter((one) => read.has(one.value)),
      instructions: dataCode,
      outputs: dataOutputs,
    },
    update: {
      name: `${program.name}.update`,
      values: program.values,
      inputs: [
        ...program.inputs.filter((one) => needed.has(one.value) || (one.role === 'state' && written.has(one.name))),
        ...crossing.map((id) => ({ name: crossingName(id), value: id, role: 'batch' as const })),
      ],
      instructions: updateCode,
      outputs: updateOutputs,
    },
  };
}
