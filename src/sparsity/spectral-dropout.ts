import { Type } from '../ir/kind.js';
import { cosineTransform } from './cosine-transform.js';
import { phasesWhere } from './during.js';
import { defineMethod } from './method.js';
import { shareOf } from './shares.js';

/**
 * What a layer writes is transformed by the DCT-II along its units, at every place of a picture or step of a sequence by itself, as the paper's fixed convolution of 1 × 1 does it:
 *
 *     c = C y,   c ← c ⊙ m / rate,   y ← Cᵀ c,     m = 1 where |c| ≥ threshold, c is not among the smallest share, and u < rate
 *
 * Gradients take m as it is. Dividing by the rate is ours: what is random then has the mean that inference has. With live shrinking the transform is that of the units that are left.
 */
export const spectralDropout = defineMethod({
  keyword: 'spectral_dropout',
  summary:
    'Drops weak coefficients, and some at random, of the cosine transform of what a layer writes, along its units; in training alone, and not on the model’s outputs.',
  cite: 'Khan, Hayat and Porikli 2019, Regularization of deep neural networks with spectral dropout (Neural Networks 110, arXiv 1711.08591)',
  schema: Type.Object({
    threshold: Type.Number({
      examples: [0.1],
      default: 0,
      minimum: 0,
      description: 'Coefficients below this, by |·|, become 0.',
    }),
    share: Type.Number({
      default: 0,
      minimum: 0,
      exclusiveMaximum: 1,
      description: 'Share of the coefficients of each row and place that becomes 0, the smallest by |·|, rounded down.',
    }),
    rate: Type.Number({
      default: 1,
      exclusiveMinimum: 0,
      maximum: 1,
      description: 'Chance that a coefficient which is neither stays; it is divided by this.',
    }),
    during: phasesWhere('Any, the fine-tuning too.'),
  }),
  refuses: ({ threshold, share, rate }, { onlyOutputs }) => {
    if (onlyOutputs) return 'outputs of the model are left as they are; it acts on layers before them';
    return threshold === 0 && share === 0 && rate === 1
      ? 'nothing is dropped at threshold 0, share 0 and rate 1; `share: 20%` drops the weakest fifth'
      : undefined;
  },
  disturb: (b, { arguments: { threshold, share, rate }, output, random }) => {
    const units = output.type.shape.at(-1) as number;
    const transform = b.constant(cosineTransform(units), [units, units]);
    const coefficients = b.matmul(output, transform, false, true);
    const sizes = b.abs(coefficients);
    let stays = b.greaterEqual(sizes, threshold);
    const dropped = shareOf(share, units);
    if (dropped > 0) {
      const [largest] = b.topk(sizes, units - dropped);
      const left = units - dropped;
      stays = b.and(stays, b.greaterEqual(sizes, b.slice(largest, largest.type.shape.length - 1, left - 1, left)));
    }
    if (rate < 1) stays = b.and(stays, b.less(random('keep', { kind: 'uniform' }, 'number'), rate));
    const kept = b.select(stays, rate < 1 ? b.multiply(coefficients, 1 / rate) : coefficients, 0);
    return b.matmul(kept, transform);
  },
  spelling: {},
});
