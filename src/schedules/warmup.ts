import { durationOf, numberOrCallOf, Type } from '../ir/kind.js';
import type { Call } from '../ir/kind.js';
import { defineSchedule, inSteps } from './schedule.js';

export const warmup = defineSchedule({
  keyword: 'warmup',
  summary:
    'Rises in a straight line to where another schedule begins, which then goes on: `warmup(500 steps, cosine(0.1))`.',
  cite: 'Goyal et al. 2017, Accurate, large minibatch SGD, section 2.2; Keras, keras.optimizers.schedules.CosineDecay with warmup_steps',
  schema: Type.Object({
    warmup_steps: durationOf('steps', {
      description: 'How long it rises: `500`, `2 epochs`. A bare number is steps.',
    }),
    schedule: numberOrCallOf('schedule', {
      minimum: 0,
      description: 'What goes on then, a number or a schedule, whose time counts from there.',
    }),
    from: Type.Number({ default: 0, minimum: 0, description: 'Value at the first step.' }),
  }),
  inner: ({ schedule }) => schedule as number | Call,
  value: ({ warmup_steps, schedule, from }, at, inner) => {
    const rise = inSteps(warmup_steps, at);
    const rest = { ...at, step: Math.max(0, at.step - rise), steps: Math.max(0, at.steps - rise) };
    const target = inner(schedule as number | Call, rest);
    return at.step < rise ? from + (target - from) * (at.step / rise) : target;
  },
});
