import { Type } from '../ir/kind.js';
import { defineLoss } from './loss.js';
import { rowMean } from './rows.js';

export const meanSquaredError = defineLoss({
  keyword: 'mean_squared_error',
  aliases: ['mse'],
  summary: 'Mean over the outputs of the squared difference.',
  cite: 'Keras, keras.losses.MeanSquaredError',
  schema: Type.Object({}),
  target: 'values',
  distance: true,
  rows: (b, { target, prediction }) => rowMean(b, b.square(b.subtract(prediction, target))),
});
