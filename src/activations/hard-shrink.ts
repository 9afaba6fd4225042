import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const hardShrink = defineActivation({
  keyword: 'hard_shrink',
  summary: 'x where |x| is above the threshold, else 0.',
  cite: 'Keras, keras.activations.hard_shrink',
  schema: Type.Object({
    threshold: Type.Number({ default: 0.5, description: 'Half width of the dead zone.', minimum: 0 }),
  }),
  unitwise: true,
  forward: (b, x, args) => b.select(b.greater(b.abs(x), args.threshold), x, 0),
  spelling: {},
});
