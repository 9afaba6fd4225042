import { evaluate } from '../evaluate.js';
import { tensor64 } from '../kernels.js';
import { defineOp } from '../op.js';
import { sizeOf, type Tensor64 } from '../program.js';
import { scanGradient, type ScanAttributes, stackedType, stepsOf } from '../recurrence.js';
import { sameType, showType } from '../shapes.js';

export const scan = defineOp<ScanAttributes>({
  keyword: 'scan',
  summary:
    'Runs its body once for every slice of the sequences [steps, ..], each step with the states of the step before: the last states, and the stacked outputs.',
  pattern: 'other',
  infer(inputs, { body, states, sequences }) {
    const wrong = (what: string) => new Error(`scan: ${what}`);
    if (body.inputs.length !== inputs.length)
      throw wrong(`the body takes ${body.inputs.length} inputs and ${inputs.length} are given`);
    if (sequences < 1 || states + sequences > inputs.length)
      throw wrong(`${states} states and ${sequences} sequences are not ${inputs.length} inputs with a sequence`);
    const steps = stepsOf(inputs[states]!);
    const typeOf = (id: number) => body.values[id]!;
    for (const [at, input] of body.inputs.entries()) {
      const [given, read] = [inputs[at]!, typeOf(input.value)];
      const isSequence = at >= states && at < states + sequences;
      if (!sameType(given, isSequence ? stackedType(read, steps) : read))
        throw wrong(`the body reads ${showType(read)} as ${input.name} and was given ${showType(given)}`);
      if (input.role !== 'batch') throw wrong(`the body's ${input.name} is a ${input.role}`);
    }
    for (const [at, output] of body.outputs.entries()) {
      if (output.role !== 'result') throw wrong(`the body's ${output.name} is a ${output.role}`);
      if (at < states && !sameType(typeOf(output.value), inputs[at]!))
        throw wrong(`a state is ${showType(inputs[at]!)} before a step and ${showType(typeOf(output.value))} after it`);
    }
    if (body.outputs.length < states) throw wrong(`the body gives ${body.outputs.length} of ${states} next states`);
    if (body.instructions.some((one) => one.region !== 'data')) throw wrong('the body has an update of its own');
    return body.outputs.map(({ value }, at) => (at < states ? typeOf(value) : stackedType(typeOf(value), steps)));
  },
  gradient: scanGradient,
  evaluate(inputs, { body, states, sequences, reverse }, outputs) {
    const steps = inputs[states]!.shape[0]!;
    let now = inputs.slice(0, states);
    const stacked = outputs.slice(states).map(({ shape }, at) => {
      const { dtype } = body.values[body.outputs[states + at]!.value]!;
      return tensor64(dtype, shape, new Float64Array(sizeOf(shape)));
    });
    for (let step = 0; step < steps; step++) {
      const index = reverse ? steps - 1 - step : step;
      const read = (at: number) =>
        at < states ? now[at]! : at < states + sequences ? sliceOf(inputs[at]!, index) : inputs[at]!;
      const { results } = evaluate(body, Object.fromEntries(body.inputs.map(({ name }, at) => [name, read(at)])));
      const made = body.outputs.map(({ name }) => results[name]!);
      now = made.slice(0, states);
      for (const [at, whole] of stacked.entries()) {
        const slice = made[states + at]!.data;
        whole.data.set(slice, index * slice.length);
      }
    }
    return [...now, ...stacked];
  },
});

/** The slice at `index`, over the same memory. */
function sliceOf({ dtype, shape, data }: Tensor64, index: number): Tensor64 {
  const [, ...slice] = shape;
  const size = sizeOf(slice);
  return tensor64(dtype, slice, data.subarray(index * size, (index + 1) * size));
}
