import { acrossRows } from '../../../program/rows.js';
import type { Instruction, Program, ProgramInput, ValueId } from '../../../program/program.js';
import { sizeOf } from '../../../program/program.js';
import { resolveShape } from '../../../program/shapes.js';

/**
 * A step on two threads, each with half of the rows. Every thread runs the data region on its rows, by itself and so without waiting for another at every node, into gradients of
 * its own; then both do the update, whose first operation adds the two gradients. Which rows are whose is fixed, and so are the bits.
 */
export interface Halves {
  /** The update with two gradients for each that it had: those of the second thread are `second(name)`. */
  readonly update: Program;
  /** What crosses from the data region, by its input in `update`: of the first thread, and of the second. */
  readonly crossing: readonly { readonly first: string; readonly second: string }[];
}

/** Gradients with more numbers do not stay in a processor's cache: two of them cost more to write and to read than threads that share the work on one save. */
const LARGEST = 1 << 22;

/** Multiplications and other operations on a row of which a step has fewer are over before another thread has begun. */
const SMALLEST = 1 << 14;

/** undefined where a step is no sum over rows, small, or its gradients are large. `data` and `update` are those of one program (splitUpdate). */
export function inHalves(data: Program, update: Program, smallest = SMALLEST): Halves | undefined {
  if (workOnRow(data) < smallest) return undefined;
  const kinds = acrossRows(data);
  if (!data.outputs.every(({ value }) => kinds.get(value) === 'sum' && data.values[value]!.dtype !== 'bool'))
    return undefined;
  if (!data.inputs.some(({ value }) => kinds.get(value) === 'rows')) return undefined;
  // What threads hand each other is 32 bits wide.
  if (data.inputs.some(({ value }) => data.values[value]!.dtype === 'bool')) return undefined;
  const crossing = update.inputs.filter((one) => one.role === 'batch');
  const numbers = crossing.reduce((sum, { value }) => sum + sizeOf(update.values[value]!.shape as number[]), 0);
  if (numbers > LARGEST) return undefined;

  const values = [...update.values];
  const sums = new Map<ValueId, ValueId>();
  const seconds: ProgramInput[] = [];
  const additions: Instruction[] = [];
  for (const { name, value } of crossing) {
    const type = values[value]!;
    const second = values.push(type) - 1;
    const sum = values.push(type) - 1;
    seconds.push({ name: secondOf(name), value: second, role: 'batch' });
    additions.push({ op: 'add', inputs: [value, second], outputs: [sum], attributes: {}, region: 'update' });
    sums.set(value, sum);
  }
  const summed = (id: ValueId) => sums.get(id) ?? id;
  return {
    update: {
      ...update,
      values,
      inputs: [...update.inputs, ...seconds],
      instructions: [...additions, ...update.instructions.map((one) => ({ ...one, inputs: one.inputs.map(summed) }))],
      outputs: update.outputs.map((one) => ({ ...one, value: summed(one.value) })),
    },
    crossing: crossing.map(({ name }) => ({ first: name, second: secondOf(name) })),
  };
}

function secondOf(name: string): string {
  return `${name} of the second half`;
}

/** About how many operations on single numbers a row takes. */
function workOnRow(data: Program): number {
  const size = (value: ValueId) => sizeOf(resolveShape(data.values[value]!.shape, 1));
  return data.instructions.reduce((work, { op, inputs, outputs }) => {
    const [first, second] = inputs as [ValueId, ValueId];
    const [result] = outputs as [ValueId];
    const filters = (value: ValueId) => data.values[value]!.shape.at(-1) as number;
    switch (op) {
      // [n, k], [k, m] and [n, m]: n · k · m.
      case 'matmul':
      case 'outer_sum':
        return work + Math.sqrt(size(first) * size(second) * size(result));
      // The image with an entry for each filter, times the numbers of a filter.
      case 'conv2d':
        return work + (size(result) * size(second)) / filters(result);
      case 'conv2d_input_gradient':
        return work + (size(first) * size(second)) / filters(first);
      case 'conv2d_filter_gradient':
        return work + (size(second) * size(result)) / filters(second);
      default:
        return work + size(result);
    }
  }, 0);
}
