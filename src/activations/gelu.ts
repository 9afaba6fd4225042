import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const gelu = defineActivation({
  keyword: 'gelu',
  summary: 'x · Φ(x), Φ the normal distribution function; or its tanh approximation.',
  cite: 'Hendrycks and Gimpel 2016, Gaussian error linear units, section 2',
  schema: Type.Object({
    approximate: Type.Boolean({ default: false, description: 'Whether to use the tanh approximation.' }),
  }),
  unitwise: true,
  forward: (b, x, args) =>
    args.approximate
      ? b.multiply(
          b.multiply(x, 0.5),
          b.add(
            b.tanh(b.multiply(b.add(x, b.multiply(b.multiply(b.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI))),
            1,
          ),
        )
      : b.multiply(b.multiply(x, 0.5), b.add(b.erf(b.multiply(x, Math.SQRT1_2)), 1)),
  bounds: () => [-0.171, Number.POSITIVE_INFINITY],
  spelling: { tfjs: ({ approximate }) => (approximate ? 'gelu_new' : 'gelu') },
});
