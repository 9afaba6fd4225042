import { Type } from '../ir/kind.js';
import { defineInitializer } from './initializer.js';

export const ones = defineInitializer({
  keyword: 'ones',
  summary: 'All elements 1.',
  cite: 'Keras, keras.initializers.Ones',
  schema: Type.Object({}),
  value: () => 1,
});
