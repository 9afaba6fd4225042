import { ops } from './ops/index.js';
import { type Instruction, isProgram, type Program, type Region, sizeOf, type ValueId } from './program.js';
import { sameType, showType } from './shapes.js';

/**
 * Checks what every program must hold, and returns it: values are defined once and before they are read; the types are those that
 * the ops infer; names are not used twice; a state is followed by a state of its own type; nothing in `data` reads what `update`
 * computes. Throws an Error that names the program and the place: a broken program is dnc's own mistake.
 */
export function verify(program: Program): Program {
  const fail = (what: string): never => {
    throw new Error(`${program.name}: ${what}`);
  };
  const defined = new Map<ValueId, Region | 'input'>();
  const define = (id: ValueId, by: Region | 'input', where: string) => {
    if (program.values[id] === undefined) fail(`${where} defines the value ${id}, which has no type`);
    if (defined.has(id)) fail(`${where} defines the value ${id} again`);
    defined.set(id, by);
  };

  const names = new Set<string>();
  for (const { name, value, role, random } of program.inputs) {
    const where = `the input ${name}`;
    define(value, 'input', where);
    if (names.has(name)) fail(`${where} is there twice`);
    names.add(name);
    const type = program.values[value]!;
    if (role !== 'batch' && type.dtype !== 'float') fail(`${where} is a ${role} and not float`);
    if (role === 'scalar' && type.shape.length > 0) fail(`${where} is a scalar and ${showType(type)}`);
    if (role === 'state' && type.shape.includes('batch')) fail(`${where} is a state and has a batch`);
    if ((role === 'random') !== (random !== undefined)) fail(`${where} is ${role} and its draw does not fit that`);
    const [rows, ...row] = type.shape;
    // A row for every row of the batch, or one for all of them.
    const drawn = rows === 'batch' || rows === 1;
    if (random && (!drawn || row.includes('batch') || sizeOf(row as number[]) !== random.units.length)) {
      fail(`${where} is ${showType(type)} and draws ${random.units.length} units a row`);
    }
  }

  for (const [index, instruction] of program.instructions.entries()) {
    const where = `instruction ${index} (${instruction.op})`;
    for (const id of instruction.inputs) {
      const by = defined.get(id) ?? fail(`${where} reads the value ${id} before it is defined`);
      if (by === 'update' && instruction.region === 'data') {
        fail(`${where} is in the data region and reads the value ${id} of the update region`);
      }
    }
    for (const attribute of Object.values(instruction.attributes)) {
      if (isProgram(attribute)) verify({ ...attribute, name: `${program.name}: ${where}: ${attribute.name}` });
    }
    const types = inferred(program, instruction, where);
    if (types.length !== instruction.outputs.length) {
      fail(`${where} has ${instruction.outputs.length} outputs instead of ${types.length}`);
    }
    for (const [at, id] of instruction.outputs.entries()) {
      define(id, instruction.region, where);
      const declared = program.values[id]!;
      if (!sameType(declared, types[at]!)) {
        fail(`${where} gives ${showType(types[at]!)} for the value ${id}, which is declared ${showType(declared)}`);
      }
    }
  }

  const outputs = new Set<string>();
  for (const { name, value, role } of program.outputs) {
    const where = `the ${role} ${name}`;
    if (outputs.has(`${role} ${name}`)) fail(`${where} is given twice`);
    outputs.add(`${role} ${name}`);
    if (!defined.has(value)) fail(`${where} is the value ${value}, which nothing defines`);
    if (role === 'result') continue;
    const before = program.inputs.find((one) => one.role === 'state' && one.name === name);
    if (!before) fail(`${where} follows no state input of this name`);
    const [from, to] = [program.values[before!.value]!, program.values[value]!];
    if (!sameType(from, to)) fail(`${where} is ${showType(to)}, and before the step it is ${showType(from)}`);
  }
  return program;
}

function inferred(program: Program, { op, inputs, attributes }: Instruction, where: string) {
  const rule = ops[op];
  if (!rule) throw new Error(`${program.name}: ${where}: there is no such op`);
  try {
    return rule.infer(
      inputs.map((id) => program.values[id]!),
      attributes,
    );
  } catch (cause) {
    throw new Error(`${program.name}: ${where}: ${(cause as Error).message}`, { cause });
  }
}
