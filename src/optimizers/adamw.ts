import { Type } from '../ir/kind.js';
import { adam } from './adam.js';
import { learningRate, moments } from './arguments.js';
import { defineOptimizer } from './optimizer.js';

export const adamw = defineOptimizer({
  keyword: 'adamw',
  summary: 'Adam, and every weight shrinks by a share of itself at every step, whatever its gradient.',
  cite: 'Loshchilov and Hutter 2019, Decoupled weight decay regularization, algorithm 2; Keras, keras.optimizers.AdamW (the share is learning rate · weight_decay, taken before the step, of biases, too)',
  schema: Type.Object({
    learning_rate: learningRate(),
    weight_decay: Type.Number({
      default: 0.004,
      minimum: 0,
      description: 'Share of a weight, times the learning rate, that goes at every step.',
    }),
    ...moments,
  }),
  slots: (args) => adam.slots(args),
  scalars: (args, at) => adam.scalars!(args, at),
  update: (b, at) => {
    const share = b.multiply(at.learningRate, at.arguments.weight_decay);
    return adam.update(b, { ...at, parameter: b.subtract(at.parameter, b.multiply(at.parameter, share)) });
  },
});
