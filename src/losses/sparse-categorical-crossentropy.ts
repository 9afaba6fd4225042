import { Type } from '../ir/kind.js';
import { defineLoss } from './loss.js';
import { rowDistribution } from './rows.js';

export const sparseCategoricalCrossentropy = defineLoss({
  keyword: 'sparse_categorical_crossentropy',
  summary: 'Cross-entropy between a class number and the softmax of the output.',
  cite: 'Keras, keras.losses.SparseCategoricalCrossentropy',
  schema: Type.Object({
    from_logits: Type.Boolean({
      default: false,
      description: 'Whether the output is before its softmax. False: the output layer ends in softmax.',
    }),
  }),
  target: 'classes',
  probabilities: 'softmax',
  rows: (b, { target, prediction }) => {
    const classes = prediction.type.shape.at(-1) as number;
    return b.negate(rowDistribution(b, b.multiply(b.oneHot(target, classes), b.logSoftmax(prediction))));
  },
});
