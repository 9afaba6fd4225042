import { Type } from '../ir/kind.js';
import { defineLoss } from './loss.js';
import { rowDistribution } from './rows.js';
import { shares } from './target-values.js';

export const categoricalCrossentropy = defineLoss({
  keyword: 'categorical_crossentropy',
  summary: 'Cross-entropy between a target distribution (one-hot) and the softmax of the output.',
  cite: 'Keras, keras.losses.CategoricalCrossentropy',
  schema: Type.Object({
    from_logits: Type.Boolean({
      default: false,
      description: 'Whether the output is before its softmax. False: the output layer ends in softmax.',
    }),
    label_smoothing: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 1,
      description: 'Share of the target spread evenly over all classes.',
    }),
  }),
  target: 'values',
  takes: shares,
  probabilities: 'softmax',
  rows: (b, { arguments: { label_smoothing }, target, prediction }) => {
    const classes = prediction.type.shape.at(-1) as number;
    const smooth =
      label_smoothing === 0 ? target : b.add(b.multiply(target, 1 - label_smoothing), label_smoothing / classes);
    return b.negate(rowDistribution(b, b.multiply(smooth, b.logSoftmax(prediction))));
  },
});
