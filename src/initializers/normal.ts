import { Type } from '../ir/kind.js';
import { defineInitializer } from './initializer.js';

export const normal = defineInitializer({
  keyword: 'normal',
  aliases: ['random_normal'],
  summary: 'Drawn from a normal distribution.',
  cite: 'Keras, keras.initializers.RandomNormal',
  schema: Type.Object({
    mean: Type.Number({ default: 0, description: 'Mean.' }),
    stddev: Type.Number({ default: 0.05, minimum: 0, description: 'Standard deviation.' }),
  }),
  value: (args, { counter, draws }) => args.mean + args.stddev * draws.normal(counter),
});
