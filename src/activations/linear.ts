import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const linear = defineActivation({
  keyword: 'linear',
  summary: 'x itself.',
  cite: 'Keras, keras.activations.linear',
  schema: Type.Object({}),
  unitwise: true,
  forward: (_, x) => x,
  monotone: () => 'exact',
  spelling: { tfjs: () => 'linear' },
});
