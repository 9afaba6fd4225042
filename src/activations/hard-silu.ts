import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const hardSilu = defineActivation({
  keyword: 'hard_silu',
  aliases: ['hard_swish'],
  summary: 'x · relu6(x + 3) / 6.',
  cite: 'Keras, keras.activations.hard_silu',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.multiply(x, b.divide(b.minimum(b.relu(b.add(x, 3)), 6), 6)),
  bounds: () => [-0.376, Number.POSITIVE_INFINITY],
  spelling: {},
});
