import { Type } from '../ir/kind.js';
import { defineActivation } from './activation.js';

export const squareplus = defineActivation({
  keyword: 'squareplus',
  summary: '(x + √(x² + b)) / 2.',
  cite: 'Keras, keras.activations.squareplus',
  schema: Type.Object({ b: Type.Number({ default: 4, description: 'Smoothness around 0.', exclusiveMinimum: 0 }) }),
  unitwise: true,
  forward: (b, x, args) => b.multiply(b.add(x, b.sqrt(b.add(b.square(x), args.b))), 0.5),
  monotone: () => 'rounded',
  spelling: {},
});
