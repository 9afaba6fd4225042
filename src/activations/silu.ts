import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const silu = defineActivation({
  keyword: 'silu',
  aliases: ['swish'],
  summary: 'x · sigmoid(x).',
  cite: 'Keras, keras.activations.silu',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.multiply(x, b.sigmoid(x)),
  bounds: () => [-0.279, Number.POSITIVE_INFINITY],
  spelling: { tfjs: () => 'swish' },
});
