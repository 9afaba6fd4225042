import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const softmax = defineActivation({
  keyword: 'softmax',
  summary: 'e^x, divided by its sum over the last axis. Mixes units.',
  cite: 'Keras, keras.activations.softmax',
  schema: Type.Object({}),
  unitwise: false,
  forward: (b, x) => b.softmax(x),
  bounds: () => [0, 1.000001],
  spelling: { tfjs: () => 'softmax' },
});
