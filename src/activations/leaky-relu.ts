import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const leakyRelu = defineActivation({
  keyword: 'leaky_relu',
  summary: 'x where x is positive, else negative_slope · x.',
  cite: 'Keras, keras.activations.leaky_relu',
  schema: Type.Object({ negative_slope: Type.Number({ default: 0.2, description: 'Slope on the negative side.' }) }),
  unitwise: true,
  forward: (b, x, args) => b.select(b.greater(x, 0), x, b.multiply(x, args.negative_slope)),
  monotone: ({ negative_slope }) => (negative_slope >= 0 ? 'rounded' : undefined),
  spelling: {},
});
