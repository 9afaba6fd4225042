import { Type } from '../ir/kind.js';
import { learningRate, moments } from './arguments.js';
import { defineOptimizer } from './optimizer.js';

export const adam = defineOptimizer({
  keyword: 'adam',
  summary: 'Adaptive moments: every weight has its own step size.',
  cite: 'Kingma and Ba 2015, Adam, algorithm 1, in the order of operations of its section 2 (as keras.optimizers.Adam: epsilon is added to √v before the bias correction)',
  schema: Type.Object({
    learning_rate: learningRate(),
    ...moments,
  }),
  slots: () => ['momentum', 'variance'],
  scalars: ({ beta_1, beta_2 }, { step, learningRate }) => {
    const correction = Math.sqrt(1 - beta_2 ** step);
    return { rate: (learningRate * correction) / (1 - beta_1 ** step), correction };
  },
  update: (b, { arguments: { beta_1, beta_2, epsilon }, parameter, gradient, slots, scalars }) => {
    const momentum = b.add(b.multiply(slots.momentum!, beta_1), b.multiply(gradient, 1 - beta_1));
    const variance = b.add(b.multiply(slots.variance!, beta_2), b.multiply(b.square(gradient), 1 - beta_2));
    const divisor = b.add(b.sqrt(variance), epsilon);
    return {
      parameter: b.subtract(parameter, b.multiply(b.divide(momentum, divisor), scalars.rate!)),
      slots: { momentum, variance },
      // √v̂ + ε', with v̂ the corrected variance and ε' = ε / √(1 − β₂ᵗ).
      diagonal: b.divide(divisor, scalars.correction!),
    };
  },
});
