import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const elu = defineActivation({
  keyword: 'elu',
  summary: 'x where x is positive, else alpha · (e^x − 1).',
  cite: 'Keras, keras.activations.elu',
  schema: Type.Object({
    alpha: Type.Number({ default: 1, description: 'Value that the negative side tends to, with its sign changed.' }),
  }),
  unitwise: true,
  forward: (b, x, args) => b.select(b.greater(x, 0), x, b.multiply(b.subtract(b.exp(b.minimum(x, 0)), 1), args.alpha)),
  monotone: ({ alpha }) => (alpha >= 0 ? 'rounded' : undefined),
  bounds: ({ alpha }) =>
    alpha >= 0 ? [-1.000001 * alpha, Number.POSITIVE_INFINITY] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  spelling: { tfjs: ({ alpha }) => (alpha === 1 ? 'elu' : undefined) },
});
