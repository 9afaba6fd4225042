import { Type } from '../ir/kind.js';
import { learningRate } from './arguments.js';
import { defineOptimizer } from './optimizer.js';

export const sgd = defineOptimizer({
  keyword: 'sgd',
  summary: 'Gradient descent, with momentum if asked for.',
  cite: 'Keras, keras.optimizers.SGD',
  schema: Type.Object({
    learning_rate: learningRate(0.01),
    momentum: Type.Number({ default: 0, minimum: 0, maximum: 1, description: 'Share of the last step that is kept.' }),
    nesterov: Type.Boolean({ default: false, description: "Nesterov's form of momentum." }),
  }),
  slots: ({ momentum }) => (momentum > 0 ? ['velocity'] : []),
  update: (b, { arguments: { momentum, nesterov }, parameter, gradient, learningRate, slots }) => {
    const step = b.multiply(gradient, learningRate);
    if (momentum === 0) return { parameter: b.subtract(parameter, step), slots: {} };
    const velocity = b.subtract(b.multiply(slots.velocity!, momentum), step);
    const moved = nesterov ? b.subtract(b.multiply(velocity, momentum), step) : velocity;
    return { parameter: b.add(parameter, moved), slots: { velocity } };
  },
});
