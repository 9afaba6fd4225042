import { Type } from '../ir/kind.js';
import { phases } from './during.js';
import { defineMethod } from './method.js';

export const l1 = defineMethod({
  keyword: 'l1',
  summary: 'Adds lambda · Σ|w| to the objective: single weights become small.',
  cite: 'Tibshirani 1996, Regression shrinkage and selection via the lasso, equation 1; Keras, keras.regularizers.L1',
  schema: Type.Object({
    lambda: Type.Number({ minimum: 0, description: 'Coefficient of the penalty in the objective.' }),
    bias: Type.Boolean({
      default: false,
      description: 'Whether biases are penalised too (as the DropNeuron scripts do).',
    }),
    during: phases,
  }),
  penalty: (b, { arguments: { lambda, bias: withBias }, kernel, bias }) => {
    const weights = b.sum(b.abs(kernel));
    return b.multiply(withBias && bias ? b.add(weights, b.sum(b.abs(bias))) : weights, lambda);
  },
  spelling: { tfjs: ({ lambda, bias }) => ({ l1: lambda, ...(bias && { bias: { l1: lambda } }) }) },
});
