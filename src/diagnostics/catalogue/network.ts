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
  'dying-network': code<{ layer: string; output: string; units: number }>({
    severity: 'warning',
    message: ({ layer, output, units }) =>
      `${units === 1 ? `the unit of ${layer} is` : `all ${units} units of ${layer} are`} dead: the output ${output} no longer depends on any input`,
    explain: `Said at the end of the epoch in which it is found, while training goes on: a penalty has set every living connection of a layer to zero, and what is all zero on both
sides has no gradient that would bring it back. Training on makes nothing better, and simplifying such a network is refused (\`dnc explain dead-network\`). Gates that are drawn may
open again; with them the warning may pass.

End the run and weaken the penalty on that layer, or let it begin later:

    fc1 = Dense(300, activation: relu) @dropneuron(1e-4)                  # was 1e-2
    fc1 = Dense(300, activation: relu) @dropneuron(1e-2, during: sparse)  # after a phase without it`,
  }),
  'constant-output': code<{ output: string; units: string; isOne: boolean; values: string; within: boolean }>({
    severity: 'warning',
    message: ({ output, units, isOne, values, within }) =>
      `${isOne ? `unit ${units}` : `units ${units}`} of the output ${output} ${isOne ? 'depends' : 'depend'} on no input: ${isOne ? 'it is' : 'they are'} ${values}${within ? ' for rows within the ranges of the inputs' : ''}`,
    explain: `After the cut, some units of an output are the same number for every row: no living connection leads to them from any input. An output is what a network
gives to others, so its units stay, and the rest of the network is as good as before. But nothing is predicted there.

Weaken what removed the connections: a smaller lambda on the layer of the output or on those before it, or a lower threshold.

    y = Dense(3) @dropneuron(1e-4)   # was 1e-2

Units that must be constant, as a target that is the same in all rows, may stay so. Where all units of an output are constant, the network is refused: \`dnc explain dead-network\`.`,
  }),
};
