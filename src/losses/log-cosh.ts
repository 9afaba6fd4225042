import { Type } from '../ir/kind.js';
import { defineLoss } from './loss.js';
import { rowMean } from './rows.js';

export const logCosh = defineLoss({
  keyword: 'log_cosh',
  summary: 'Mean over the outputs of log cosh of the difference: a square near 0, the absolute value far from it.',
  cite: 'Keras, keras.losses.LogCosh',
  schema: Type.Object({}),
  target: 'values',
  distance: true,
  // log cosh d = d + log(1 + e^(−2d)) − log 2, without overflow.
  rows: (b, { target, prediction }) => {
    const difference = b.subtract(prediction, target);
    return rowMean(b, b.subtract(b.add(difference, b.softplus(b.multiply(difference, -2))), Math.LN2));
  },
});
