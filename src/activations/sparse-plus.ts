import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const sparsePlus = defineActivation({
  keyword: 'sparse_plus',
  summary: '0 up to −1, (x + 1)² / 4 up to 1, then x.',
  cite: 'Keras, keras.activations.sparse_plus',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) =>
    b.select(b.lessEqual(x, -1), 0, b.select(b.greaterEqual(x, 1), x, b.multiply(b.square(b.add(x, 1)), 0.25))),
  monotone: () => 'rounded',
  bounds: () => [0, Number.POSITIVE_INFINITY],
  spelling: {},
});
