import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const exponential = defineActivation({
  keyword: 'exponential',
  summary: 'e^x.',
  cite: 'Keras, keras.activations.exponential',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.exp(x),
  monotone: () => 'rounded',
  bounds: () => [0, Number.POSITIVE_INFINITY],
  spelling: {},
});
