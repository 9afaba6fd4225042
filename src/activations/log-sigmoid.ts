import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const logSigmoid = defineActivation({
  keyword: 'log_sigmoid',
  summary: 'log(sigmoid(x)).',
  cite: 'Keras, keras.activations.log_sigmoid',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.negate(b.softplus(b.negate(x))),
  monotone: () => 'rounded',
  bounds: () => [Number.NEGATIVE_INFINITY, 0],
  spelling: {},
});
