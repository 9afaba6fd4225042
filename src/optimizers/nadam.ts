import { Type } from '../ir/kind.js';
import { learningRate, moments } from './arguments.js';
import { defineOptimizer } from './optimizer.js';

/** µ at step t: the decay of the mean gradient, which warms up to beta_1 (Dozat, section 2.2; 0.96 is 0.5^(4/235), rounded). */
function momentumAt(beta_1: number, t: number): number {
  return beta_1 * (1 - 0.5 * 0.96 ** t);
}

/** µ at the steps 1 … t, multiplied. */
function momentumProduct(beta_1: number, t: number): number {
  let product = beta_1 ** t;
  // From here on 0.96ᵗ is less than half the distance of doubles below 1.
  const warm = Math.min(t, 900);
  for (let k = 1; k <= warm; k++) product *= 1 - 0.5 * 0.96 ** k;
  return product;
}

export const nadam = defineOptimizer({
  keyword: 'nadam',
  summary: "Adam with Nesterov's momentum.",
  cite: 'Dozat 2016, Incorporating Nesterov momentum into Adam, algorithm 2; Keras, keras.optimizers.Nadam',
  schema: Type.Object({
    learning_rate: learningRate(),
    ...moments,
  }),
  slots: () => ['momentum', 'variance'],
  scalars: ({ beta_1, beta_2 }, { step }) => {
    const now = momentumProduct(beta_1, step);
    const next = momentumAt(beta_1, step + 1);
    return {
      from_momentum: next / (1 - now * next),
      from_gradient: (1 - momentumAt(beta_1, step)) / (1 - now),
      correction: Math.sqrt(1 - beta_2 ** step),
    };
  },
  update: (b, { arguments: { beta_1, beta_2, epsilon }, parameter, gradient, learningRate, slots, scalars }) => {
    const momentum = b.add(b.multiply(slots.momentum!, beta_1), b.multiply(gradient, 1 - beta_1));
    const variance = b.add(b.multiply(slots.variance!, beta_2), b.multiply(b.square(gradient), 1 - beta_2));
    const ahead = b.add(b.multiply(momentum, scalars.from_momentum!), b.multiply(gradient, scalars.from_gradient!));
    // √v̂ + ε, with v̂ the corrected variance.
    const divisor = b.add(b.divide(b.sqrt(variance), scalars.correction!), epsilon);
    return {
      parameter: b.subtract(parameter, b.divide(b.multiply(ahead, learningRate), divisor)),
      slots: { momentum, variance },
      diagonal: divisor,
    };
  },
});
