import { Type } from '../ir/kind.js';
import { phases } from './during.js';
import { defineMethod } from './method.js';
import { elasticPenalty, elasticStep, shrinkingArguments } from './shrink-weights.js';

export const elastic = defineMethod({
  keyword: 'elastic',
  summary:
    'Adds l1 · Σ|w| + l2 · Σw² to the objective: single weights become small, and those that go together stay together.',
  cite: 'Zou and Hastie 2005, Regularization and variable selection via the elastic net, section 2; Keras, keras.regularizers.L1L2',
  schema: Type.Object({
    l1: Type.Number({ minimum: 0, examples: [1e-5], description: 'Coefficient of Σ|w| in the objective.' }),
    l2: Type.Number({ minimum: 0, examples: [1e-5], description: 'Coefficient of Σw² in the objective.' }),
    bias: Type.Boolean({ default: false, description: 'Whether biases are penalised too.' }),
    ...shrinkingArguments,
    during: phases,
  }),
  penalty: (b, at) => elasticPenalty(b, at.arguments, at),
  differentiated: ({ solver }) => solver === 'gradient',
  prox: (b, at) => elasticStep(b, at.arguments, at),
  spelling: { tfjs: ({ l1, l2, bias }) => ({ l1, l2, ...(bias && { bias: { l1, l2 } }) }) },
});
