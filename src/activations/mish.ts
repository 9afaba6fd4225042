import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const mish = defineActivation({
  keyword: 'mish',
  summary: 'x · tanh(softplus(x)).',
  cite: 'Misra 2019, Mish, equation 1',
  schema: Type.Object({}),
  unitwise: true,
  forward: (b, x) => b.multiply(x, b.tanh(b.softplus(x))),
  bounds: () => [-0.31, Number.POSITIVE_INFINITY],
  spelling: { tfjs: () => 'mish' },
});
