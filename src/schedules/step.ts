import { durationOf, Type } from '../ir/kind.js';
import { defineSchedule, inSteps } from './schedule.js';

export const step = defineSchedule({
  keyword: 'step',
  summary: 'Falls by a factor again and again, after equal times.',
  cite: 'PyTorch, torch.optim.lr_scheduler.StepLR; Keras, keras.optimizers.schedules.ExponentialDecay with staircase',
  schema: Type.Object({
    initial_learning_rate: Type.Number({ minimum: 0, description: 'Value at the first step.' }),
    every: durationOf('epochs', { description: 'The time: `30 epochs`, `10k steps`. A bare number is epochs.' }),
    factor: Type.Number({ default: 0.1, exclusiveMinimum: 0, maximum: 1, description: 'The factor.' }),
  }),
  problem: ({ every }) => (every.amount > 0 ? undefined : '`every` must be above 0'),
  value: ({ initial_learning_rate, every, factor }, at) =>
    initial_learning_rate * factor ** Math.floor(at.step / inSteps(every, at)),
});
