import { Type } from '../ir/kind.js';
import { learningRate } from './arguments.js';
import { defineOptimizer } from './optimizer.js';

export const rmsprop = defineOptimizer({
  keyword: 'rmsprop',
  summary: 'Divides every gradient by the root of its mean square.',
  cite: 'Tieleman and Hinton 2012, Coursera lecture 6.5; centered: Graves 2013, arXiv 1308.0850, equations 38 to 41; Keras, keras.optimizers.RMSprop (epsilon under the root)',
  schema: Type.Object({
    learning_rate: learningRate(),
    rho: Type.Number({
      default: 0.9,
      minimum: 0,
      exclusiveMaximum: 1,
      description: 'Decay of the mean squared gradient.',
    }),
    momentum: Type.Number({
      default: 0,
      minimum: 0,
      exclusiveMaximum: 1,
      description: 'Share of the last step that is kept.',
    }),
    epsilon: Type.Number({ default: 1e-7, exclusiveMinimum: 0, description: 'Keeps the division finite.' }),
    centered: Type.Boolean({
      default: false,
      description: 'Whether to divide by the root of the variance of the gradient instead of its mean square.',
    }),
  }),
  slots: ({ momentum, centered }) => [
    'mean_square',
    ...(centered ? ['mean'] : []),
    ...(momentum > 0 ? ['velocity'] : []),
  ],
  update: (b, { arguments: args, parameter, gradient, learningRate, slots }) => {
    const { rho, momentum, epsilon, centered } = args;
    const meanSquare = b.add(b.multiply(slots.mean_square!, rho), b.multiply(b.square(gradient), 1 - rho));
    const mean = centered ? b.add(b.multiply(slots.mean!, rho), b.multiply(gradient, 1 - rho)) : undefined;
    // The variance is at least 0, which float32 does not know; its rounding must not reach the root.
    const spread = mean ? b.relu(b.subtract(meanSquare, b.square(mean))) : meanSquare;
    const divisor = b.sqrt(b.add(spread, epsilon));
    const step = b.divide(b.multiply(gradient, learningRate), divisor);
    const velocity = momentum > 0 ? b.add(b.multiply(slots.velocity!, momentum), step) : undefined;
    return {
      parameter: b.subtract(parameter, velocity ?? step),
      slots: { mean_square: meanSquare, ...(mean && { mean }), ...(velocity && { velocity }) },
      diagonal: divisor,
    };
  },
});
