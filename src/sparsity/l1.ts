import { Type } from '../ir/kind.js';
import { phases } from './during.js';
import { defineMethod } from './method.js';
import { elasticPenalty, elasticStep, shrinkingArguments } from './shrink-weights.js';

export const l1 = defineMethod({
  keyword: 'l1',
  summary: 'Adds lambda · Σ|w| to the objective: single weights become small, or by the proximal solver exactly 0.',
  cite: 'Tibshirani 1996, Regression shrinkage and selection via the lasso, equation 1; Keras, keras.regularizers.L1; proximal step: Beck and Teboulle 2009, A fast iterative shrinkage-thresholding algorithm, section 1',
  schema: Type.Object({
    lambda: Type.Number({ minimum: 0, examples: [1e-5], description: 'Coefficient of the penalty in the objective.' }),
    bias: Type.Boolean({
      default: false,
      description: 'Whether biases are penalised too (as the DropNeuron scripts do).',
    }),
    ...shrinkingArguments,
    during: phases,
  }),
  penalty: (b, at) => elasticPenalty(b, { l1: at.arguments.lambda, l2: 0, bias: at.arguments.bias }, at),
  differentiated: ({ solver }) => solver === 'gradient',
  prox: (b, at) => elasticStep(b, { ...at.arguments, l1: at.arguments.lambda, l2: 0 }, at),
  spelling: { tfjs: ({ lambda, bias }) => ({ l1: lambda, ...(bias && { bias: { l1: lambda } }) }) },
});
