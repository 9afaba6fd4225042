import { Type } from '../ir/kind.js';
import { defineInitializer } from './initializer.js';
import { truncatedNormal as draw } from './truncate.js';

export const truncatedNormal = defineInitializer({
  keyword: 'truncated_normal',
  summary:
    'Drawn from a normal distribution; what lies more than two standard deviations from the mean is drawn again.',
  cite: 'Keras, keras.initializers.TruncatedNormal',
  schema: Type.Object({
    mean: Type.Number({ default: 0, description: 'Mean.' }),
    stddev: Type.Number({ default: 0.05, minimum: 0, description: 'Standard deviation before truncation.' }),
  }),
  value: (args, { counter, draws }) => args.mean + args.stddev * draw(draws, counter),
});
