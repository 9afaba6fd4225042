import { Type } from '../ir/kind.js';
import { learningRate } from './arguments.js';
import { defineOptimizer } from './optimizer.js';

/** Keeps the division of a group that never had a gradient finite, as Adam's default epsilon does. */
const LEAST = 1e-7;

export const lion = defineOptimizer({
  keyword: 'lion',
  summary: 'Every weight moves by the learning rate, in the direction of its mean gradient: half the memory of Adam.',
  cite: 'Chen et al. 2023, Symbolic discovery of optimization algorithms, algorithm 2; Keras, keras.optimizers.Lion',
  schema: Type.Object({
    learning_rate: learningRate(0.001, "Step size: a number or a schedule. About a tenth of Adam's."),
    beta_1: Type.Number({
      default: 0.9,
      minimum: 0,
      exclusiveMaximum: 1,
      description: 'Share of the mean gradient in the direction of a step; the rest is the gradient.',
    }),
    beta_2: Type.Number({ default: 0.99, minimum: 0, exclusiveMaximum: 1, description: 'Decay of the mean gradient.' }),
    weight_decay: Type.Number({
      default: 0,
      minimum: 0,
      description: 'Share of a weight, times the learning rate, that goes at every step.',
    }),
  }),
  slots: () => ['momentum'],
  update: (b, { arguments: { beta_1, beta_2, weight_decay }, parameter, gradient, learningRate, slots }) => {
    const direction = b.add(b.multiply(slots.momentum!, beta_1), b.multiply(gradient, 1 - beta_1));
    const momentum = b.add(b.multiply(slots.momentum!, beta_2), b.multiply(gradient, 1 - beta_2));
    const decayed =
      weight_decay === 0
        ? parameter
        : b.subtract(parameter, b.multiply(parameter, b.multiply(learningRate, weight_decay)));
    return {
      parameter: b.subtract(decayed, b.multiply(b.sign(direction), learningRate)),
      slots: { momentum },
      // A sign is a number divided by its size.
      diagonal: b.maximum(b.abs(direction), LEAST),
    };
  },
});
