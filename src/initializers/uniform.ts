import { Type } from '../ir/kind.js';
import { defineInitializer } from './initializer.js';

export const uniform = defineInitializer({
  keyword: 'uniform',
  aliases: ['random_uniform'],
  summary: 'Drawn evenly from an interval.',
  cite: 'Keras, keras.initializers.RandomUniform',
  schema: Type.Object({
    minval: Type.Number({ default: -0.05, description: 'Lower end.' }),
    maxval: Type.Number({ default: 0.05, description: 'Upper end.' }),
  }),
  value: (args, { counter, draws }) => args.minval + (args.maxval - args.minval) * draws.uniform(counter),
});
