import { durationOf, Type } from '../ir/kind.js';
import { defineSchedule, inSteps } from './schedule.js';

export const polynomial = defineSchedule({
  keyword: 'polynomial',
  summary: 'Falls to an end value along a power of the time that is left: with power 1, in a straight line.',
  cite: 'Keras, keras.optimizers.schedules.PolynomialDecay',
  schema: Type.Object({
    initial_learning_rate: Type.Number({ minimum: 0, description: 'Value at the first step.' }),
    decay_steps: Type.Optional(
      durationOf('steps', {
        description: 'When it arrives. A bare number is steps. Absent: at the end of the phase.',
      }),
    ),
    end_learning_rate: Type.Number({ default: 0.0001, minimum: 0, description: 'Where it arrives.' }),
    power: Type.Number({ default: 1, exclusiveMinimum: 0, description: 'The power.' }),
    cycle: Type.Boolean({
      default: false,
      description: 'Whether, having arrived, it begins again, each time with the whole time so far ahead of it.',
    }),
  }),
  problem: ({ decay_steps }) =>
    decay_steps && !(decay_steps.amount > 0) ? '`decay_steps` must be above 0' : undefined,
  value: ({ initial_learning_rate, decay_steps, end_learning_rate, power, cycle }, at) => {
    const once = decay_steps ? inSteps(decay_steps, at) : Math.max(at.steps, 1);
    const length = cycle ? once * Math.max(1, Math.ceil(at.step / once)) : once;
    const left = 1 - Math.min(at.step, length) / length;
    return (initial_learning_rate - end_learning_rate) * left ** power + end_learning_rate;
  },
});
