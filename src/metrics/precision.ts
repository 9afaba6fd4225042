import { shareOfRight } from './decision.js';

export const precision = shareOfRight({
  keyword: 'precision',
  summary:
    'Share of the predicted classes that are right. Every class of every row counts for itself; with `class_id` one class alone.',
  cite: 'Keras, keras.metrics.Precision',
  wrong: 'false_positives',
});
