import { Type } from '../ir/kind.js';
import { phases } from './during.js';
import { defineMethod } from './method.js';

export const l2 = defineMethod({
  keyword: 'l2',
  summary: 'Adds lambda · Σw² to the objective: all weights become small.',
  cite: 'Keras, keras.regularizers.L2',
  schema: Type.Object({
    lambda: Type.Number({ minimum: 0, examples: [1e-5], description: 'Coefficient of the penalty in the objective.' }),
    bias: Type.Boolean({ default: false, description: 'Whether biases are penalised too.' }),
    during: phases,
  }),
  penalty: (b, { arguments: { lambda, bias: withBias }, kernel, bias }) => {
    const weights = b.sum(b.square(kernel));
    return b.multiply(withBias && bias ? b.add(weights, b.sum(b.square(bias))) : weights, lambda);
  },
  spelling: { tfjs: ({ lambda, bias }) => ({ l2: lambda, ...(bias && { bias: { l2: lambda } }) }) },
});
