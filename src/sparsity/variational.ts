import { Type } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';
import { phasesWhere } from './during.js';
import { defineMethod } from './method.js';
import { advanceWarmUp, unfinishedWarmUp, warmed, warmUpArgument, warmUpTensor } from './warm-up.js';

/** Keeps the logarithm of a weight that is 0 finite, and how far from 0 log α may be: the authors' code. */
const [EPSILON, FARTHEST] = [1e-8, 8];

/** Of equation 14. */
const [K1, K2, K3] = [0.63576, 1.8732, 1.48695];

/** log α = log σ² − log w² of every weight. */
function logAlpha(b: Builder, kernel: Value, logVariance: Value): Value {
  const ratio = b.subtract(logVariance, b.log(b.add(b.square(kernel), EPSILON)));
  return b.maximum(b.minimum(ratio, FARTHEST), -FARTHEST);
}

export const variational = defineMethod({
  keyword: 'variational',
  summary:
    'Gives each weight learned noise; training pays for every weight that stands out of its noise, and those that do not become 0.',
  cite:
    'Molchanov, Ashukha and Vetrov 2017, Variational dropout sparsifies deep neural networks (arXiv 1701.05369), equation 14; ' +
    'local reparameterisation: Kingma, Salimans and Welling 2015 (arXiv 1506.02557); bounds and where log σ² starts: the authors’ code',
  schema: Type.Object({
    lambda: Type.Number({
      minimum: 0,
      examples: [1e-4],
      description:
        'Coefficient of the Kullback-Leibler term in the objective; 1 / the number of training rows is the paper’s.',
    }),
    warm_up: warmUpArgument(5),
    threshold: Type.Number({
      default: 3,
      description: 'A weight is 0 at inference where log α = log(σ²/w²) is above this.',
    }),
    log_variance: Type.Number({ default: -10, description: 'Where log σ² of every weight starts.' }),
    during: phasesWhere('It makes sense in the first phases; the later ones then train what is left, without noise.'),
  }),
  refuses: (_, { others }) =>
    others.includes('l1') || others.includes('l2') || others.includes('elastic')
      ? `log α is held by the size of a weight, which @${others.find((other) => ['l1', 'l2', 'elastic'].includes(other))} changes for another reason`
      : undefined,
  tensors: ({ log_variance, warm_up }) => ({
    log_variance: { per: 'weight', start: log_variance },
    ...warmUpTensor(warm_up),
  }),
  mask: (b, { arguments: { threshold }, kernel, tensors, addsUp, mode, random }) => {
    const ratio = logAlpha(b, kernel, tensors.log_variance!);
    if (mode === 'inference') return { kernel: b.select(b.less(ratio, threshold), kernel, 0) };
    const variance = b.multiply(b.exp(ratio), b.square(kernel));
    if (addsUp) return { variance };
    const noise = random('noise', { kind: 'normal' }, 'weight');
    return { kernel: b.add(kernel, b.multiply(b.multiply(b.exp(b.multiply(ratio, 0.5)), b.abs(kernel)), noise)) };
  },
  penalty: (b, at) => {
    const ratio = logAlpha(b, at.kernel, at.tensors.log_variance!);
    // Equation 14, negated: 0 for a weight that is nothing but noise.
    const kept = b.multiply(b.sigmoid(b.add(b.multiply(ratio, K3), K2)), -K1);
    const divergence = b.add(b.add(kept, b.multiply(b.softplus(b.negate(ratio)), 0.5)), K1);
    return warmed(b, b.multiply(b.sum(divergence), at.arguments.lambda), at);
  },
  advance: advanceWarmUp,
  unfinished: unfinishedWarmUp,
  more: () => 'a larger `lambda`, more epochs',
  spelling: {},
});
