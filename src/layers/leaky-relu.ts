import { Type } from '../ir/kind.js';
import { defineActivationLayer } from './activation-layer.js';

export const leakyRelu = defineActivationLayer({
  keyword: 'LeakyReLU',
  activation: 'leaky_relu',
  schema: Type.Object({
    negative_slope: Type.Number({
      default: 0.3,
      minimum: 0,
      description: 'Slope on the negative side (the activation `leaky_relu` has 0.2, as in Keras).',
    }),
  }),
  spelling: {
    tfjs: ({ negative_slope }, { name }) => [{ className: 'LeakyReLU', config: { alpha: negative_slope, name } }],
  },
});
