import { Type } from '../ir/kind.js';
import { defineInitializer } from './initializer.js';

export const constant = defineInitializer({
  keyword: 'constant',
  summary: 'All elements one number.',
  cite: 'Keras, keras.initializers.Constant',
  schema: Type.Object({ value: Type.Number({ default: 0, description: 'The number.' }) }),
  value: (args) => args.value,
});
