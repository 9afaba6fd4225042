import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

const ALPHA = 1.6732632423543772;
const SCALE = 1.0507009873554805;

export const selu = defineActivation({
  keyword: 'selu',
  summary: 'Scaled elu that keeps mean and variance: scale · elu(x, alpha).',
  cite: 'Klambauer et al. 2017, Self-normalizing neural networks, equation 2',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) =>
    b.multiply(b.select(b.greater(x, 0), x, b.multiply(b.subtract(b.exp(b.minimum(x, 0)), 1), ALPHA)), SCALE),
  monotone: () => 'rounded',
  bounds: () => [-1.7582, Number.POSITIVE_INFINITY],
  spelling: { tfjs: () => 'selu' },
});
