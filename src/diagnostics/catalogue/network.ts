import { code } from '../diagnostic.js';

export const networkCodes = {
  'dead-network': code<{ layer: string; output: string; units: number }>({
    severity: 'error',
    message: ({ layer, output, units }) =>
      `all ${units} units of ${layer} died: the output ${output} no longer depends on any input`,
    explain: `A penalty or a threshold took every living connection of a layer, so that an output became a constant. There is nothing
left to simplify to: the network that remains would print the same numbers for every row.

Weaken what removed the units: a smaller lambda on that layer, or a lower threshold.

    fc1 = Dense(300, activation: relu) @dropneuron(1e-4)   # was 1e-2

With \`threshold: auto(tolerance: 0.2%)\` the threshold is taken from validation data and stays low enough.`,
  }),
};
