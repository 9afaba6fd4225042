import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const threshold = defineActivation({
  keyword: 'threshold',
  summary: 'x where it is above the threshold, else a fixed value.',
  cite: 'Keras, keras.activations.threshold',
  schema: Type.Object({
    threshold: Type.Number({ default: 0, description: 'Where x begins to pass.' }),
    default_value: Type.Number({ default: 0, description: 'Value below the threshold.' }),
  }),
  unitwise: true,
  forward: (b, x, args) => b.select(b.greater(x, args.threshold), x, args.default_value),
  spelling: {},
});
