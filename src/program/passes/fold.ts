import { evaluateInstruction } from '../evaluate.js';
import { sizeOf, type Tensor64 } from '../program.js';
import { type Pass, rewrite } from './pass.js';

/** A result with more elements than this, and than its inputs have, is left to the engine: programs stay small. */
const SMALL = 64;

/**
 * Computes in float64 what depends on constants only. An engine then rounds once, where it would have rounded at every step: the one
 * pass that may change the last bit of a float32 result, for every engine alike.
 */
export const fold: Pass = {
  keyword: 'fold',
  summary: 'What depends on constants only is computed here, in float64.',
  run: (program) =>
    rewrite(program, (instruction, r) => {
      if (instruction.op === 'constant') return undefined;
      const inputs: Tensor64[] = [];
      for (const id of instruction.inputs) {
        const producer = r.producer(id);
        if (producer?.op !== 'constant') return undefined;
        const { dtype, shape } = r.type(id);
        inputs.push({ dtype, shape: shape as readonly number[], data: producer.attributes.data as Float64Array });
      }
      const types = instruction.outputs.map((id) => r.type(id));
      if (types.some((type) => type.shape.includes('batch'))) return undefined;
      const limit = Math.max(SMALL, ...inputs.map((one) => one.data.length));
      if (types.some((type) => sizeOf(type.shape as readonly number[]) > limit)) return undefined;
      return evaluateInstruction(instruction, inputs, types).map(
        ({ dtype, shape, data }) => r.emit('constant', [], { dtype, shape, data })[0]!,
      );
    }),
};
