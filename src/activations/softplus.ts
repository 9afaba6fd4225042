import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const softplus = defineActivation({
  keyword: 'softplus',
  summary: 'log(1 + e^x).',
  cite: 'Keras, keras.activations.softplus',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.softplus(x),
  monotone: () => 'rounded',
  bounds: () => [0, Number.POSITIVE_INFINITY],
  spelling: { tfjs: () => 'softplus' },
});
