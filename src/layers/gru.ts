import { Type } from '../ir/kind.js';
import { constantOf } from '../ir/units.js';
import type { Value } from '../program/builder.js';
import type { Cell } from './recurrent-cell.js';
import { recurrentArguments, recurrentLayer, recurrentSchema } from './recurrent.js';

const cell: Cell = {
  keyword: 'GRU',
  gates: ['update', 'reset', 'candidate'],
  states: 1,
  // TensorFlow.js knows the reset gate before the kernel only.
  spelled: ({ reset_after }) => (reset_after ? undefined : []),
  hasRecurrentBias: ({ reset_after }) => reset_after === true,
  // h = z · h + (1 − z) · candidate; the reset gate weighs what of the past the candidate sees.
  step: (
    b,
    { reset_after },
    { projected, states, before, recurrent, through, recurrentBias, split, activate, gate },
  ) => {
    const mix = (update: Value, candidate: Value) =>
      b.add(b.multiply(update, states[0]!), b.multiply(b.subtract(1, update), candidate));
    const [sums, ofInputs] = split(projected, [2, 1]) as readonly [Value, Value];
    const gates = (past: Value) => split(gate(b.add(sums, past)), [1, 1]) as readonly [Value, Value];
    if (reset_after) {
      const product = recurrent(0, 3);
      const whole = recurrentBias ? b.add(product, recurrentBias) : product;
      const [past, seen] = split(whole, [2, 1]) as readonly [Value, Value];
      const [update, reset] = gates(past);
      return [mix(update, activate(b.add(ofInputs, b.multiply(reset, seen))))];
    }
    const [update, reset] = gates(recurrent(0, 2));
    const seen = through(b.multiply(reset, before(2)), 2);
    return [mix(update, activate(b.add(seen, ofInputs)))];
  },
  // From 0 on, a mixture of itself and of a candidate that is 0.
  fact: (_, { projected, quiet, recurrentBias, activate }, unit) => {
    const candidate = constantOf(projected(2, unit));
    const silent = candidate !== undefined && quiet(2, unit) && recurrentBias(2, unit) === 0;
    return silent && activate(candidate) === 0 ? 'zero' : 'varies';
  },
};

const { first, weights, last } = recurrentArguments(cell);

export const gru = recurrentLayer(cell, {
  summary: 'Gated recurrent unit: recurrence over steps whose units mix their past with a candidate.',
  cite: 'Cho et al. 2014, Learning Phrase Representations using RNN Encoder-Decoder; Keras, keras.layers.GRU',
  schema: Type.Object({
    ...first,
    recurrent_activation: recurrentSchema.recurrent_activation,
    ...weights,
    ...last,
    reset_after: recurrentSchema.reset_after,
  }),
});
