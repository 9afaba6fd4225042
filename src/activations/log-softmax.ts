import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const logSoftmax = defineActivation({
  keyword: 'log_softmax',
  summary: 'Logarithm of softmax over the last axis. Mixes units.',
  cite: 'Keras, keras.activations.log_softmax',
  schema: Type.Object({}),
  unitwise: false,
  forward: (b, x) => b.logSoftmax(x),
  spelling: { tfjs: () => 'logSoftmax' },
});
