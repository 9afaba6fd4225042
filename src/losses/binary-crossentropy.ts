import { Type } from '../ir/kind.js';
import { defineLoss } from './loss.js';
import { rowMean } from './rows.js';
import { shares } from './target-values.js';

export const binaryCrossentropy = defineLoss({
  keyword: 'binary_crossentropy',
  summary: 'Mean over the outputs of the cross-entropy between a target in [0, 1] and the sigmoid of the output.',
  cite: 'Keras, keras.losses.BinaryCrossentropy',
  schema: Type.Object({
    from_logits: Type.Boolean({
      default: false,
      description: 'Whether the output is before its sigmoid. False: the output layer ends in sigmoid.',
    }),
  }),
  target: 'values',
  takes: shares,
  probabilities: 'sigmoid',
  // softplus(z) − z·y: no logarithm of a rounded probability.
  rows: (b, { target, prediction }) => rowMean(b, b.subtract(b.softplus(prediction), b.multiply(prediction, target))),
});
