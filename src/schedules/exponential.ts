import { durationOf, Type } from '../ir/kind.js';
import { defineSchedule, inSteps } from './schedule.js';

export const exponential = defineSchedule({
  keyword: 'exponential',
  summary: 'Falls by the same factor in every stretch of the same length, smoothly or at its end.',
  cite: 'Keras, keras.optimizers.schedules.ExponentialDecay',
  schema: Type.Object({
    initial_learning_rate: Type.Number({ minimum: 0, description: 'Value at the first step.' }),
    decay_steps: durationOf('steps', {
      description: 'How long it takes to fall by the factor: `1000`, `10 epochs`. A bare number is steps.',
    }),
    decay_rate: Type.Number({ exclusiveMinimum: 0, examples: [0.96], description: 'The factor.' }),
    staircase: Type.Boolean({ default: false, description: 'Whether it falls at the end of every stretch alone.' }),
  }),
  problem: ({ decay_steps }) => (decay_steps.amount > 0 ? undefined : '`decay_steps` must be above 0'),
  value: ({ initial_learning_rate, decay_steps, decay_rate, staircase }, at) => {
    const times = at.step / inSteps(decay_steps, at);
    return initial_learning_rate * decay_rate ** (staircase ? Math.floor(times) : times);
  },
});
