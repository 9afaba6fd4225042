import { Type } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';
import { phasesWhere } from './during.js';
import { defineMethod } from './method.js';
import { advanceWarmUp, unfinishedWarmUp, warmed, warmUpArgument, warmUpTensor } from './warm-up.js';

/** Keeps the logarithm of μ² finite: the authors' code. */
const EPSILON = 1e-8;

/** log α = log σ² − log μ², the noise of a gate against what it lets through. */
function logAlpha(b: Builder, mean: Value, logVariance: Value): Value {
  return b.subtract(logVariance, b.log(b.add(b.square(mean), EPSILON)));
}

export const informationBottleneck = defineMethod({
  keyword: 'information_bottleneck',
  summary:
    'Multiplies each unit or feature that a kernel reads by a learned number with learned noise; training pays for what gets through, and gates that are mostly noise close.',
  cite:
    'Dai, Zhu, Guo and Wipf 2018, Compressing neural networks using the variational information bottleneck (arXiv 1802.10399), section 3; ' +
    'the factor ½, the threshold and where gates start: the authors’ code, github.com/zhuchen03/VIBNet, ib_layers.py',
  schema: Type.Object({
    lambda: Type.Number({
      minimum: 0,
      examples: [1e-4],
      description: 'Coefficient of the penalty in the objective, ½ Σ log(1 + μ²/σ²) over the gates: γ of the paper.',
    }),
    weight: Type.Number({
      default: 1,
      minimum: 0,
      description:
        'How much this layer counts against others with the same lambda; the authors take the number of places of a channel.',
    }),
    warm_up: warmUpArgument(5),
    threshold: Type.Number({
      default: 0,
      description: 'A gate is closed at inference where log α = log(σ²/μ²) is above this.',
    }),
    log_variance: Type.Number({ default: -9, description: 'Where log σ² starts; μ starts at 1.' }),
    during: phasesWhere('It makes sense in the first phases; the later ones then train what is left, without noise.'),
  }),
  refuses: (_, { others }) =>
    others.includes('l0') ? '@l0 has gates in the same place; take one of the two' : undefined,
  tensors: ({ log_variance, warm_up }) => ({
    mean: { per: 'read unit', start: 1 },
    log_variance: { per: 'read unit', start: log_variance },
    ...warmUpTensor(warm_up),
  }),
  mask: (b, { arguments: { threshold }, kernel, tensors, input, mode, random }) => {
    const { mean, log_variance: logVariance } = tensors;
    if (!mean || !logVariance) return undefined;
    if (mode === 'inference') {
      const open = b.less(logAlpha(b, mean, logVariance), threshold);
      return { kernel: b.multiply(kernel, b.select(open, mean, 0)) };
    }
    const deviation = b.exp(b.multiply(logVariance, 0.5));
    if (!input) {
      const noise = random('noise', { kind: 'normal' }, 'read unit');
      return { kernel: b.multiply(kernel, b.add(mean, b.multiply(deviation, noise))) };
    }
    const inRow = (value: Value) => {
      const [units = 1] = value.type.shape.filter((extent) => extent !== 1) as number[];
      return b.reshape(value, [units]);
    };
    const noise = random('noise', { kind: 'normal' }, 'row and unit');
    return { input: b.multiply(input, b.add(inRow(mean), b.multiply(inRow(deviation), noise))) };
  },
  penalty: (b, at) => {
    const { mean, log_variance: logVariance } = at.tensors;
    if (!mean || !logVariance) return b.constant(0);
    const { lambda, weight } = at.arguments;
    // log(1 + 1/α), without overflow.
    const through = b.softplus(b.negate(logAlpha(b, mean, logVariance)));
    return warmed(b, b.multiply(b.sum(through), 0.5 * lambda * weight), at);
  },
  advance: advanceWarmUp,
  unfinished: unfinishedWarmUp,
  more: () => 'a larger `lambda`, more epochs',
  spelling: {},
});
