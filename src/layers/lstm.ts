import { Type } from '../ir/kind.js';
import { constantOf } from '../ir/units.js';
import type { Value } from '../program/builder.js';
import type { Cell } from './recurrent-cell.js';
import { recurrentArguments, recurrentLayer, recurrentSchema } from './recurrent.js';

const cell: Cell = {
  keyword: 'LSTM',
  gates: ['input', 'forget', 'candidate', 'output'],
  states: 2,
  forget: 1,
  spelled: () => ['unit_forget_bias'],
  hasRecurrentBias: () => false,
  // i, f and o are gates of what is written, kept and shown; the carry is c = f · c + i · candidate, the output o · activation(c).
  // The three sigmoids side by side, as one op.
  order: [0, 1, 3, 2],
  step: (b, _, { projected, states, recurrent, split, activate, gate }) => {
    const [open, candidate] = split(b.add(recurrent(0, 4), projected), [3, 1]) as readonly [Value, Value];
    const [i, f, o] = split(gate(open), [1, 1, 1]) as readonly [Value, Value, Value];
    const carry = b.add(b.multiply(f, states[1]!), b.multiply(i, activate(candidate)));
    return [b.multiply(o, activate(carry)), carry];
  },
  // Without a candidate nothing is ever carried, whatever the gates do; a constant one is carried on and on.
  fact: (_, { projected, quiet, activate }, unit) => {
    const candidate = constantOf(projected(2, unit));
    const silent = candidate !== undefined && quiet(2, unit) && activate(candidate) === 0;
    return silent && activate(0) === 0 ? 'zero' : 'varies';
  },
};

const { first, weights, last } = recurrentArguments(cell);

export const lstm = recurrentLayer(cell, {
  summary: 'Long short-term memory: recurrence over steps whose units keep what gates let in.',
  cite: 'Hochreiter and Schmidhuber 1997, Long Short-Term Memory; Gers et al. 2000, Learning to Forget; Keras, keras.layers.LSTM',
  schema: Type.Object({
    ...first,
    recurrent_activation: recurrentSchema.recurrent_activation,
    ...weights,
    unit_forget_bias: recurrentSchema.unit_forget_bias,
    ...last,
  }),
});
