import { Type } from '../ir/kind.js';
import { learningRate } from './arguments.js';
import { defineOptimizer } from './optimizer.js';

export const adagrad = defineOptimizer({
  keyword: 'adagrad',
  summary:
    'Divides every gradient by the root of the sum of all its squares: steps become smaller where there was much to learn.',
  cite: 'Duchi, Hazan and Singer 2011, Adaptive subgradient methods, figure 1; Keras, keras.optimizers.Adagrad (epsilon under the root)',
  schema: Type.Object({
    learning_rate: learningRate(),
    initial_accumulator_value: Type.Number({
      default: 0.1,
      minimum: 0,
      description: 'What the sums of squares start from.',
    }),
    epsilon: Type.Number({ default: 1e-7, exclusiveMinimum: 0, description: 'Keeps the division finite.' }),
  }),
  slots: () => ['squares'],
  update: (b, { arguments: { initial_accumulator_value, epsilon }, parameter, gradient, learningRate, slots }) => {
    // Slots start at zero, so the initial value is added where the sum is read.
    const squares = b.add(slots.squares!, b.square(gradient));
    const divisor = b.sqrt(b.add(squares, initial_accumulator_value + epsilon));
    return {
      parameter: b.subtract(parameter, b.divide(b.multiply(gradient, learningRate), divisor)),
      slots: { squares },
      diagonal: divisor,
    };
  },
});
