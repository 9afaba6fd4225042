import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const sparseSigmoid = defineActivation({
  keyword: 'sparse_sigmoid',
  summary: '0 up to −1, (x + 1) / 2 up to 1, then 1.',
  cite: 'Keras, keras.activations.sparse_sigmoid',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.select(b.lessEqual(x, -1), 0, b.select(b.greaterEqual(x, 1), 1, b.multiply(b.add(x, 1), 0.5))),
  monotone: () => 'rounded',
  bounds: () => [0, 1],
  spelling: {},
});
