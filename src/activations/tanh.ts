import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const tanh = defineActivation({
  keyword: 'tanh',
  summary: 'Hyperbolic tangent.',
  cite: 'Keras, keras.activations.tanh',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.tanh(x),
  monotone: () => 'rounded',
  bounds: () => [-1.000001, 1.000001],
  spelling: { tfjs: () => 'tanh' },
});
