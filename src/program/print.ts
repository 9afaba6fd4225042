import {
  type Attribute,
  type Instruction,
  isProgram,
  type Program,
  type ProgramInput,
  type RandomSpec,
  type ValueId,
} from './program.js';
import { showType } from './shapes.js';

/** More numbers of a constant than this are left out, with a checksum in their place. */
const SHOWN = 8;

/**
 * The program as text, one line an instruction. Values are numbered in the order in which they are defined, so the text depends on what
 * is computed and in which order, not on the ids that passes left behind; equal programs give equal text. The body of a scan stands below it, with numbers of its own.
 *
 * ```
 * program step
 * inputs
 *   %0 = batch image : float[batch, 784]
 *   %1 = state fc1.kernel : float[784, 300]
 * data
 *   %2 = matmul %0 %1 : float[batch, 300]
 * outputs
 *   result logits = %2
 * ```
 */
export function printProgram(program: Program): string {
  const numbers = new Map<ValueId, number>();
  const define = (id: ValueId) => {
    numbers.set(id, numbers.size);
    return `%${numbers.get(id)}`;
  };
  const read = (id: ValueId) => (numbers.has(id) ? `%${numbers.get(id)}` : `%undefined(${id})`);
  const types = (ids: readonly ValueId[]) => ids.map((id) => showType(program.values[id]!)).join(', ');
  const lines = [`program ${program.name}`, 'inputs'];
  for (const input of program.inputs) {
    lines.push(`  ${define(input.value)} = ${showInput(input)} : ${types([input.value])}`);
  }
  let region: string | undefined;
  for (const instruction of program.instructions) {
    if (instruction.region !== region) lines.push((region = instruction.region));
    const right = [instruction.op, ...instruction.inputs.map(read), ...showAttributes(instruction)].join(' ');
    lines.push(`  ${instruction.outputs.map(define).join(' ')} = ${right} : ${types(instruction.outputs)}`);
    for (const attribute of Object.values(instruction.attributes)) {
      if (isProgram(attribute))
        lines.push(
          ...printProgram(attribute)
            .trimEnd()
            .split('\n')
            .map((line) => `    ${line}`),
        );
    }
  }
  lines.push('outputs');
  for (const { role, name, value } of program.outputs) lines.push(`  ${role} ${name} = ${read(value)}`);
  return `${lines.join('\n')}\n`;
}

function showInput({ role, name, random }: ProgramInput): string {
  return random ? `${role} ${name} ${showRandom(random)}` : `${role} ${name}`;
}

function showRandom({ distribution, units, width }: RandomSpec): string {
  const draw = distribution.kind === 'bernoulli' ? `bernoulli(${distribution.keep})` : distribution.kind;
  return `${draw}, ${units.length} of ${width} units`;
}

/** Attributes in the order of their names; a flag that is off is left out. */
function showAttributes({ op, attributes }: Instruction): string[] {
  if (op === 'constant') return [showNumbers(attributes.data as Float64Array)];
  const shown = Object.entries(attributes)
    .filter(([, value]) => value !== false && !isProgram(value))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) =>
      value === true ? name : `${name}: ${showAttribute(value as Exclude<Attribute, Program>)}`,
    );
  return shown.length > 0 ? [`{${shown.join(', ')}}`] : [];
}

function showAttribute(value: Exclude<Attribute, Program>): string {
  if (value instanceof Float64Array) return showNumbers(value);
  return typeof value === 'object' ? `[${value.join(', ')}]` : String(value);
}

function showNumbers(data: Float64Array): string {
  const shown = Array.from(data.subarray(0, SHOWN), (one) => (Object.is(one, -0) ? '-0' : String(one)));
  if (data.length === 1) return shown[0]!;
  const rest = data.length > SHOWN ? ` … ${data.length} numbers, ${checksum(data)}` : '';
  return `[${shown.join(', ')}${rest}]`;
}

/** FNV-1a over the bytes, so that a changed constant shows in golden files. */
function checksum(data: Float64Array): string {
  let hash = 0x811c9dc5;
  for (const byte of new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
