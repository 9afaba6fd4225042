import { ops } from '../program/ops/index.js';
import type { Attributes, Extent, Instruction, Program, TensorType, ValueId } from '../program/program.js';
import { aligned, channelsFirst, inOrder } from './forms.js';
import { lowerings } from './ops/index.js';

/** An instruction that is computed on channels-first operands. */
export interface Moved {
  /** The attributes that say the same there. */
  readonly attributes: Attributes;
  /** The rank against whose channels-first order each operand is read; undefined: as the program has it. */
  readonly ranks: readonly (number | undefined)[];
  readonly inputTypes: readonly TensorType[];
  readonly outputTypes: readonly TensorType[];
  /** Whether the result has its channels first, too, or comes out in plain order. */
  readonly first: boolean;
}

/**
 * Which instructions are computed with channels first: whatever reads a convolution's or a pooling's result and can do so, on to
 * the next one. So a chain of convolutions, biases, activations and poolings, and its gradient, is turned at its ends only.
 */
export function planChannelsFirst(program: Program): ReadonlyMap<Instruction, Moved> {
  const plan = new Map<Instruction, Moved>();
  const first = new Set<ValueId>();
  for (const instruction of program.instructions) {
    const lowering = lowerings[instruction.op];
    if (typeof lowering === 'object') {
      if (lowering.writes === 'channels first') for (const id of instruction.outputs) first.add(id);
      continue;
    }
    const moved = moveInstruction(program, instruction, (id) => first.has(id));
    if (!moved) continue;
    plan.set(instruction, moved);
    if (moved.first) for (const id of instruction.outputs) first.add(id);
  }
  // What is stretched only to be read there is stretched there.
  for (const instruction of program.instructions) {
    if (instruction.op !== 'broadcast_to' || plan.has(instruction)) continue;
    const [stretched] = instruction.outputs;
    const readers = program.instructions.filter((one) => one.inputs.includes(stretched!));
    const known = program.outputs.some((one) => one.value === stretched);
    if (known || readers.length === 0 || !readers.every((one) => readsImages(one) || plan.get(one)?.first)) continue;
    const moved = moveInstruction(program, instruction, () => true);
    if (moved) plan.set(instruction, moved);
  }
  return plan;
}

function readsImages(instruction: Instruction): boolean {
  return typeof lowerings[instruction.op] === 'object';
}

function moveInstruction(
  program: Program,
  { op, inputs, outputs, attributes }: Instruction,
  isFirst: (id: ValueId) => boolean,
): Moved | undefined {
  const given = inputs.map((id) => program.values[id]!);
  const results = outputs.map((id) => program.values[id]!);
  const rank = given.length === 0 ? 0 : results[0]!.shape.length;
  const own = given.length === 0 ? 0 : given[0]!.shape.length;
  const turned = (type: TensorType, to: number): TensorType => ({
    dtype: type.dtype,
    shape: inOrder(aligned(type.shape, to), channelsFirst(to)),
  });
  /** All operands, or those that `reads` names, against the result's channels-first order. */
  const move = (changed: Attributes, reads: (at: number) => boolean = () => true): Moved => ({
    attributes: { ...attributes, ...changed } as Attributes,
    ranks: given.map((_, at) => (reads(at) ? rank : undefined)),
    inputTypes: given.map((type, at) => (reads(at) ? turned(type, rank) : type)),
    outputTypes: results.map((type) => turned(type, rank)),
    first: true,
  });
  const some = inputs.some((id, at) => given[at]!.shape.length === rank && rank >= 3 && isFirst(id));
  const place = (axis: number, of: number) => channelsFirst(of).indexOf(axis);

  if (ops[op]!.pattern === 'elementwise') return some ? move({}) : undefined;
  switch (op) {
    case 'concat':
    case 'split':
    case 'slice':
    case 'pad':
      return some ? move({ axis: place(attributes.axis as number, rank) }) : undefined;
    case 'gather':
    case 'scatter_add':
      return some && isFirst(inputs[0]!) && given[1]!.shape.length === 1
        ? move({ axis: place(attributes.axis as number, rank) }, (at) => at === 0)
        : undefined;
    case 'broadcast_to':
      if (rank < 3 || !isFirst(inputs[0]!)) return undefined;
      return move({ shape: inOrder(attributes.shape as readonly Extent[], channelsFirst(rank)) });
    case 'reshape': {
      const [from, to] = [given[0]!.shape, results[0]!.shape];
      if (own < 3 || rank < 3 || !isFirst(inputs[0]!)) return undefined;
      if (from[0] !== to[0] || from[own - 1] !== to[rank - 1]) return undefined;
      return {
        attributes: { shape: inOrder(to, channelsFirst(rank)) },
        ranks: [own],
        inputTypes: [turned(given[0]!, own)],
        outputTypes: [turned(results[0]!, rank)],
        first: true,
      };
    }
    case 'sum':
    case 'mean':
    case 'max':
    case 'min':
    case 'norm': {
      if (own < 3 || !isFirst(inputs[0]!)) return undefined;
      const axes = attributes.axes as readonly number[];
      const places = axes.map((axis) => place(axis, own)).sort((a, b) => a - b);
      const kept = channelsFirst(own).filter((axis) => !axes.includes(axis));
      const inPlace = kept.every((axis, at) => at === 0 || axis > kept[at - 1]!);
      const whole = attributes.keepDims === true || (rank >= 3 && kept[0] === 0 && kept[1] === own - 1);
      if (!inPlace && !whole) return undefined;
      return {
        attributes: { ...attributes, axes: places },
        ranks: [own],
        inputTypes: [turned(given[0]!, own)],
        outputTypes: [whole ? turned(results[0]!, rank) : results[0]!],
        first: whole,
      };
    }
    default:
      return undefined;
  }
}
