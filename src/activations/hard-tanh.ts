import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const hardTanh = defineActivation({
  keyword: 'hard_tanh',
  summary: 'x, kept between −1 and 1.',
  cite: 'Keras, keras.activations.hard_tanh',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.maximum(b.minimum(x, 1), -1),
  monotone: () => 'exact',
  bounds: () => [-1, 1],
  spelling: {},
});
