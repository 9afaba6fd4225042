import { Type } from '../ir/kind.js';
import { defineInitializer } from './initializer.js';
import { type Distribution, type Fan, scaledDraw } from './scaling.js';

export const varianceScaling = defineInitializer({
  keyword: 'variance_scaling',
  summary: 'Drawn with a variance of scale / fan: what glorot, he and lecun are kinds of.',
  cite: 'Keras, keras.initializers.VarianceScaling',
  schema: Type.Object({
    scale: Type.Number({ default: 1, exclusiveMinimum: 0, description: 'The numerator.' }),
    mode: Type.Union([Type.Literal('fan_in'), Type.Literal('fan_out'), Type.Literal('fan_avg')], {
      default: 'fan_in',
      description: 'The denominator: numbers that a unit reads, units that read a number, or the mean of both.',
    }),
    distribution: Type.Union(
      [Type.Literal('truncated_normal'), Type.Literal('untruncated_normal'), Type.Literal('uniform')],
      { default: 'truncated_normal', description: 'The distribution; truncated: at two standard deviations.' },
    ),
  }),
  value: ({ scale, mode, distribution }, at) =>
    scaledDraw({ scale, fan: mode as Fan, distribution: distribution as Distribution }, at),
});
