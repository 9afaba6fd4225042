import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const tanh = defineActivation({
  keyword: 'tanh',
  summary: 'Hyperbolic tangent.',
  cite: 'Keras, keras.activations.tanh',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.tanh(x),
  spelling: { tfjs: () => 'tanh' },
});
