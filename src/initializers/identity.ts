import { Type } from '../ir/kind.js';
import { defineInitializer } from './initializer.js';

export const identity = defineInitializer({
  keyword: 'identity',
  summary: 'A number on the diagonal of a matrix, 0 elsewhere.',
  cite: 'Keras, keras.initializers.Identity',
  schema: Type.Object({ gain: Type.Number({ default: 1, description: 'The number.' }) }),
  axes: { least: 2, most: 2 },
  value: ({ gain }, { counter, shape }) => (Math.floor(counter / shape[1]!) === counter % shape[1]! ? gain : 0),
});
