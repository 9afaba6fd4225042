import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const tanhShrink = defineActivation({
  keyword: 'tanh_shrink',
  summary: 'x − tanh(x).',
  cite: 'Keras, keras.activations.tanh_shrink',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.subtract(x, b.tanh(x)),
  monotone: () => 'rounded',
  spelling: {},
});
