import { Type } from '../ir/kind.js';
import { defineSchedule } from './schedule.js';

export const reduceOnPlateau = defineSchedule({
  keyword: 'reduce_on_plateau',
  summary: 'Falls by a factor whenever training gets no better for a while.',
  cite: 'Keras, keras.callbacks.ReduceLROnPlateau',
  schema: Type.Object({
    initial_learning_rate: Type.Number({ minimum: 0, description: 'Value at the first step.' }),
    monitor: Type.String({
      default: 'val_loss',
      minLength: 1,
      description: 'What must get better: loss, objective or a metric, on the validation rows with `val_` before it.',
    }),
    factor: Type.Number({ default: 0.1, minimum: 0, exclusiveMaximum: 1, description: 'The factor.' }),
    patience: Type.Integer({
      counts: 'epochs',
      default: 10,
      minimum: 0,
      description: 'Epochs without getting better after which it falls.',
    }),
    min_delta: Type.Number({ default: 0.0001, minimum: 0, description: 'What counts as better: by more than this.' }),
    cooldown: Type.Integer({
      counts: 'epochs',
      default: 0,
      minimum: 0,
      description: 'Epochs after a fall that do not count.',
    }),
    min_lr: Type.Number({ default: 0, minimum: 0, description: 'The least value.' }),
  }),
  plateau: ({ monitor, patience, min_delta, cooldown }) => ({ monitor, patience, min_delta, cooldown }),
  value: ({ initial_learning_rate, factor, min_lr }, { standstills = 0 }) =>
    standstills === 0 ? initial_learning_rate : Math.max(initial_learning_rate * factor ** standstills, min_lr),
});
