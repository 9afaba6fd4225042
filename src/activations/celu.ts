import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const celu = defineActivation({
  keyword: 'celu',
  summary: 'max(x, 0) + min(0, alpha · (e^(x/alpha) − 1)).',
  cite: 'Keras, keras.activations.celu',
  schema: Type.Object({
    alpha: Type.Number({ default: 1, description: 'Scale of the negative side.', exclusiveMinimum: 0 }),
  }),
  unitwise: true,
  forward: (b, x, args) =>
    b.add(b.relu(x), b.multiply(b.subtract(b.exp(b.divide(b.minimum(x, 0), args.alpha)), 1), args.alpha)),
  monotone: () => 'rounded',
  bounds: ({ alpha }) => [-1.000001 * alpha, Number.POSITIVE_INFINITY],
  spelling: {},
});
