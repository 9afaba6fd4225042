import { Type } from '../ir/kind.js';
import { defineLoss } from './loss.js';
import { rowMean } from './rows.js';

export const meanAbsoluteError = defineLoss({
  keyword: 'mean_absolute_error',
  aliases: ['mae'],
  summary: 'Mean over the outputs of the absolute difference.',
  cite: 'Keras, keras.losses.MeanAbsoluteError',
  schema: Type.Object({}),
  target: 'values',
  distance: true,
  rows: (b, { target, prediction }) => rowMean(b, b.abs(b.subtract(prediction, target))),
});
