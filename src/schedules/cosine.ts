import { Type } from '../ir/kind.js';
import { defineSchedule } from './schedule.js';

export const cosine = defineSchedule({
  keyword: 'cosine',
  summary: 'Falls along half a cosine from its first value to `alpha` times it, over the whole phase.',
  cite: 'Loshchilov and Hutter 2017, SGDR, equation 5; Keras, keras.optimizers.schedules.CosineDecay',
  schema: Type.Object({
    initial_learning_rate: Type.Number({ minimum: 0, description: 'Value at the first step.' }),
    alpha: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 1,
      description: 'Share of the first value that is left at the end.',
    }),
  }),
  value: ({ initial_learning_rate, alpha }, { step, steps }) => {
    const share = Math.min(step, steps) / Math.max(steps, 1);
    return initial_learning_rate * ((1 - alpha) * 0.5 * (1 + Math.cos(Math.PI * share)) + alpha);
  },
});
