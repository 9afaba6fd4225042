import { shareOfRight } from './decision.js';

export const recall = shareOfRight({
  keyword: 'recall',
  summary:
    'Share of the classes to be found that are predicted. Every class of every row counts for itself; with `class_id` one class alone.',
  cite: 'Keras, keras.metrics.Recall',
  wrong: 'false_negatives',
});
