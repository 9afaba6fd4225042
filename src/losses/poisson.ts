import { Type } from '../ir/kind.js';
import { defineLoss } from './loss.js';
import { rowMean } from './rows.js';
import { counts } from './target-values.js';

export const poisson = defineLoss({
  keyword: 'poisson',
  summary:
    'For counts: mean over the outputs of ŷ − y log ŷ, the negative log-likelihood of a Poisson distribution without the term of y alone. The output must be positive: end it in softplus or exponential.',
  cite: 'Keras, keras.losses.Poisson (adds 1e-7 before the logarithm)',
  schema: Type.Object({}),
  target: 'values',
  takes: counts,
  rows: (b, { target, prediction }) =>
    rowMean(b, b.subtract(prediction, b.multiply(target, b.log(b.add(prediction, 1e-7))))),
});
