import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const sigmoid = defineActivation({
  keyword: 'sigmoid',
  summary: '1 / (1 + e^−x).',
  cite: 'Keras, keras.activations.sigmoid',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.sigmoid(x),
  monotone: () => 'rounded',
  bounds: () => [0, 1.000001],
  spelling: { tfjs: () => 'sigmoid' },
});
