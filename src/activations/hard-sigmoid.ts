import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const hardSigmoid = defineActivation({
  keyword: 'hard_sigmoid',
  summary: 'relu6(x + 3) / 6.',
  cite: 'Keras, keras.activations.hard_sigmoid',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.divide(b.minimum(b.relu(b.add(x, 3)), 6), 6),
  monotone: () => 'rounded',
  bounds: () => [0, 1],
  spelling: {},
});
