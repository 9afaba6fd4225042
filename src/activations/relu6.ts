import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const relu6 = defineActivation({
  keyword: 'relu6',
  summary: 'min(max(x, 0), 6).',
  cite: 'Keras, keras.activations.relu6',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.minimum(b.relu(x), 6),
  monotone: () => 'exact',
  bounds: () => [0, 6],
  spelling: { tfjs: () => 'relu6' },
});
