import { Type } from '../ir/kind.js';
import { constantOf } from '../ir/units.js';
import type { Cell } from './recurrent-cell.js';
import { recurrentArguments, recurrentLayer } from './recurrent.js';
import { computedFact } from './facts.js';

const cell: Cell = {
  keyword: 'SimpleRNN',
  gates: ['sum'],
  states: 1,
  spelled: () => [],
  hasRecurrentBias: () => false,
  step: (b, _, { projected, recurrent, activate }) => [activate(b.add(recurrent(0, 1), projected))],
  fact: (_, { projected, quiet, activate }, unit) => {
    const sum = constantOf(projected(0, unit));
    return sum === undefined || !quiet(0, unit) ? 'varies' : computedFact(activate(sum));
  },
};

const { first, weights, last } = recurrentArguments(cell);

export const simpleRnn = recurrentLayer(cell, {
  summary: 'Recurrence over steps: every unit reads the features of a step and all units of the step before.',
  cite: 'Elman 1990, Finding structure in time; Keras, keras.layers.SimpleRNN',
  schema: Type.Object({ ...first, ...weights, ...last }),
});
