import { Type } from '../ir/kind.js';
import { defineLoss } from './loss.js';
import { rowDistribution } from './rows.js';
import { shares } from './target-values.js';

/** Keras' backend epsilon: where probabilities are cut off below. */
const LEAST = 1e-7;

export const klDivergence = defineLoss({
  keyword: 'kl_divergence',
  summary:
    'Kullback-Leibler divergence of the output from the target, both distributions over the last axis: Σ y log(y / ŷ).',
  cite: 'Kullback and Leibler 1951, On information and sufficiency, equation 2.4; Keras, keras.losses.KLDivergence (cuts both at 1e-7 and 1)',
  schema: Type.Object({}),
  target: 'values',
  takes: shares,
  rows: (b, { target, prediction }) => {
    const [wanted, found] = [target, prediction].map((one) => b.minimum(b.maximum(one, LEAST), 1)) as [
      typeof target,
      typeof target,
    ];
    return rowDistribution(b, b.multiply(wanted, b.log(b.divide(wanted, found))));
  },
});
