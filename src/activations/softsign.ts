import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const softsign = defineActivation({
  keyword: 'softsign',
  summary: 'x / (1 + |x|).',
  cite: 'Keras, keras.activations.softsign',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.divide(x, b.add(b.abs(x), 1)),
  monotone: () => 'rounded',
  bounds: () => [-1, 1],
  spelling: { tfjs: () => 'softsign' },
});
