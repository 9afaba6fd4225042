import { Type } from '../ir/kind.js';
import { groupArguments, groupCut, groupPenalty, groupRefuses, groupStep } from './group-lasso-parts.js';
import { defineMethod } from './method.js';

export const sparseGroupLasso = defineMethod({
  keyword: 'sparse_group_lasso',
  summary:
    'Drops units, and single weights of those that stay: a group lasso and an l1 penalty that share one coefficient.',
  cite:
    'Alvarez and Salzmann 2016, Learning the number of neurons in deep networks (arXiv 1611.06321), section 3 and equation 8; ' +
    'Simon, Friedman, Hastie and Tibshirani 2013, A sparse-group lasso',
  schema: Type.Object({
    lambda: Type.Number({
      minimum: 0,
      examples: [1e-4],
      description:
        'Coefficient of (1 − alpha) √P Σ ‖group‖₂ + alpha Σ|w| in the objective, P being the size of a group; each layer may have its own.',
    }),
    alpha: Type.Number({
      default: 0.5,
      minimum: 0,
      maximum: 1,
      description: 'Share of the penalty that is on single weights: 0 is a group lasso, 1 is l1.',
    }),
    ...groupArguments,
  }),
  refuses: groupRefuses,
  penalty: (b, at) => groupPenalty(b, at.arguments, at),
  differentiated: ({ solver }) => solver === 'gradient',
  prox: (b, at) => groupStep(b, at.arguments, at),
  more: () => 'a larger `lambda`, more epochs',
  cut: groupCut,
  spelling: {},
});
