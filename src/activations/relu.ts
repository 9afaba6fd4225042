import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const relu = defineActivation({
  keyword: 'relu',
  summary: 'max(x, 0); with arguments, a leaky slope, an upper limit and a threshold.',
  cite: 'Keras, keras.activations.relu',
  schema: Type.Object({
    negative_slope: Type.Number({ default: 0, description: 'Slope below the threshold.' }),
    max_value: Type.Optional(Type.Number({ minimum: 0, description: 'Upper limit; none when absent.' })),
    threshold: Type.Number({ default: 0, description: 'Values up to it count as inactive.' }),
  }),
  unitwise: true,
  forward: (b, x, { negative_slope, max_value, threshold }) => {
    if (negative_slope === 0 && threshold === 0 && max_value === undefined) return b.relu(x);
    const active = threshold === 0 ? b.relu(x) : b.select(b.greater(x, threshold), x, 0);
    const limited = max_value === undefined ? active : b.minimum(active, max_value);
    if (negative_slope === 0) return limited;
    return b.add(limited, b.multiply(b.minimum(b.subtract(x, threshold), 0), negative_slope));
  },
  monotone: ({ negative_slope, threshold }) => {
    // With a threshold it jumps, and engines do not have it to the last bit.
    if (threshold !== 0 || negative_slope < 0) return undefined;
    return negative_slope === 0 ? 'exact' : 'rounded';
  },
  bounds: ({ negative_slope, max_value = Number.POSITIVE_INFINITY, threshold }) =>
    negative_slope === 0 && threshold >= 0 ? [0, max_value] : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  spelling: {
    tfjs: ({ negative_slope, max_value, threshold }) =>
      negative_slope === 0 && threshold === 0 && max_value === undefined ? 'relu' : undefined,
  },
});
