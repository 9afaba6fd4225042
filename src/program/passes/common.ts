import { type Attribute, type Instruction, isProgram, type Region, type ValueId } from '../program.js';
import type { Pass } from './pass.js';

/** x and y may change places without changing a bit. */
const COMMUTATIVE: ReadonlySet<string> = new Set(['add', 'multiply', 'equal', 'and', 'or']);

/**
 * Common-subexpression elimination: of instructions that compute the same, the first stays. It belongs to `data` if one of them does,
 * since `data` may not read from `update`; its inputs are then in `data` too, for those of the one in `data` are.
 */
export const common: Pass = {
  keyword: 'common',
  summary: 'What is computed twice is computed once.',
  run(program) {
    const kept: Instruction[] = [];
    const regions: Region[] = [];
    const places = new Map<string, number>();
    const renamed = new Map<ValueId, ValueId>();
    const rename = (id: ValueId) => renamed.get(id) ?? id;
    for (const original of program.instructions) {
      const instruction = { ...original, inputs: original.inputs.map(rename) };
      const key = keyOf(instruction);
      const place = places.get(key);
      if (place === undefined) {
        places.set(key, kept.length);
        kept.push(instruction);
        regions.push(instruction.region);
        continue;
      }
      if (instruction.region === 'data') regions[place] = 'data';
      for (const [at, id] of instruction.outputs.entries()) renamed.set(id, kept[place]!.outputs[at]!);
    }
    if (renamed.size === 0) return program;
    return {
      ...program,
      instructions: kept.map((one, at) => ({ ...one, region: regions[at]! })),
      outputs: program.outputs.map((one) => ({ ...one, value: rename(one.value) })),
    };
  },
};

function keyOf({ op, inputs, attributes }: Instruction): string {
  const operands = COMMUTATIVE.has(op) ? [...inputs].sort((a, b) => a - b) : inputs;
  const named = Object.keys(attributes)
    .sort()
    .map((name) => `${name}=${textOf(attributes[name]!)}`);
  return `${op}(${operands.join()})${named.join(';')}`;
}

function textOf(value: Attribute): string {
  // By bits: −0 and 0 are two constants.
  if (value instanceof Float64Array) return new Uint32Array(value.slice().buffer).join();
  if (isProgram(value)) {
    const code = value.instructions.map((one) => `${one.outputs.join()}=${keyOf(one)}`);
    const ids = (of: readonly { readonly value: ValueId }[]) => of.map((one) => one.value).join();
    return `{${JSON.stringify(value.values)} ${ids(value.inputs)} ${code.join(' ')} ${ids(value.outputs)}}`;
  }
  return typeof value === 'object' ? `[${value.join()}]` : String(value);
}
