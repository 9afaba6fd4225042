import { Type } from '../ir/kind.js';
import { defineActivationLayer } from './activation-layer.js';

export const relu = defineActivationLayer({
  keyword: 'ReLU',
  activation: 'relu',
  schema: Type.Object({
    max_value: Type.Optional(Type.Number({ minimum: 0, description: 'Upper limit; none when absent.' })),
    negative_slope: Type.Number({ default: 0, minimum: 0, description: 'Slope below the threshold.' }),
    threshold: Type.Number({ default: 0, minimum: 0, description: 'Values up to it count as inactive.' }),
  }),
  spelling: {
    // TensorFlow.js has neither slope nor threshold.
    tfjs: ({ max_value, negative_slope, threshold }, { name }) =>
      negative_slope === 0 && threshold === 0
        ? [{ className: 'ReLU', config: { ...(max_value !== undefined && { max_value }), name } }]
        : undefined,
  },
});
