import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const softShrink = defineActivation({
  keyword: 'soft_shrink',
  summary: 'x moved towards 0 by the threshold, 0 where it would pass.',
  cite: 'Keras, keras.activations.soft_shrink',
  schema: Type.Object({
    threshold: Type.Number({ default: 0.5, description: 'Half width of the dead zone.', minimum: 0 }),
  }),
  unitwise: true,
  forward: (b, x, args) => b.multiply(b.sign(x), b.relu(b.subtract(b.abs(x), args.threshold))),
  monotone: () => 'rounded',
  spelling: {},
});
