import { Type } from '../ir/kind.js';
import { defineInitializer } from './initializer.js';

export const zeros = defineInitializer({
  keyword: 'zeros',
  summary: 'All elements 0.',
  cite: 'Keras, keras.initializers.Zeros',
  schema: Type.Object({}),
  value: () => 0,
});
