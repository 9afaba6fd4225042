import { Type } from '../ir/kind.js';
import { groupArguments, groupCut, groupPenalty, groupRefuses, groupStep } from './group-lasso-parts.js';
import { defineMethod } from './method.js';

/** The plain group lasso is the sparse one without a share for single weights. */
const plain = { alpha: 0 };

export const groupLasso = defineMethod({
  keyword: 'group_lasso',
  summary:
    'Drops units: adds up the norms of what goes into each unit, bias included, or out of each, times the root of its size.',
  cite:
    'Alvarez and Salzmann 2016, Learning the number of neurons in deep networks (arXiv 1611.06321), section 3 and equation 8 with α = 0; ' +
    'side: outgoing: Scardapane et al. 2017, Group sparse regularization for deep neural networks (arXiv 1607.00485), section 3',
  schema: Type.Object({
    lambda: Type.Number({
      minimum: 0,
      examples: [1e-4],
      description:
        'Coefficient of √P Σ ‖group‖₂ in the objective, P being the size of a group; each layer may have its own.',
    }),
    ...groupArguments,
  }),
  refuses: groupRefuses,
  penalty: (b, at) => groupPenalty(b, { ...at.arguments, ...plain }, at),
  differentiated: ({ solver }) => solver === 'gradient',
  prox: (b, at) => groupStep(b, { ...at.arguments, ...plain }, at),
  more: () => 'a larger `lambda`, more epochs',
  cut: groupCut,
  spelling: {},
});
