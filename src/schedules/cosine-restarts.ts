import { durationOf, Type } from '../ir/kind.js';
import { defineSchedule, inSteps } from './schedule.js';

export const cosineRestarts = defineSchedule({
  keyword: 'cosine_restarts',
  summary: 'Falls along half a cosine and begins again, each time for longer: warm restarts.',
  cite: 'Loshchilov and Hutter 2017, SGDR, section 3; Keras, keras.optimizers.schedules.CosineDecayRestarts',
  schema: Type.Object({
    initial_learning_rate: Type.Number({ minimum: 0, description: 'Value at the first step.' }),
    first_decay_steps: durationOf('steps', {
      description: 'When it begins again for the first time: `500 steps`, `10 epochs`. A bare number is steps.',
    }),
    t_mul: Type.Number({ default: 2, minimum: 1, description: 'How many times as long as the fall before each is.' }),
    m_mul: Type.Number({
      default: 1,
      exclusiveMinimum: 0,
      maximum: 1,
      description: 'Share of the value at the beginning of the fall before with which each begins.',
    }),
    alpha: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 1,
      description: 'Share of the first value that is left at the end of every fall.',
    }),
  }),
  problem: ({ first_decay_steps }) =>
    first_decay_steps.amount > 0 ? undefined : '`first_decay_steps` must be above 0',
  value: ({ initial_learning_rate, first_decay_steps, t_mul, m_mul, alpha }, at) => {
    let length = inSteps(first_decay_steps, at);
    let [since, restarts] = [at.step, 0];
    if (t_mul === 1) {
      restarts = Math.floor(since / length);
      since -= restarts * length;
    } else {
      for (; since >= length; restarts++) {
        since -= length;
        length *= t_mul;
      }
    }
    const fall = 0.5 * m_mul ** restarts * (1 + Math.cos((Math.PI * since) / length));
    return initial_learning_rate * ((1 - alpha) * fall + alpha);
  },
});
