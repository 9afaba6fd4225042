import { Type } from '../ir/kind.js';
import { rowMean } from '../losses/rows.js';
import { defineMetric } from './metric.js';

export const mae = defineMetric({
  keyword: 'mae',
  aliases: ['mean_absolute_error'],
  summary: 'Mean absolute error over rows and outputs.',
  cite: 'Keras, keras.metrics.MeanAbsoluteError',
  schema: Type.Object({}),
  better: 'lower',
  unitRange: false,
  target: 'values',
  sums: (b, { target, prediction }) => {
    const rows = rowMean(b, b.abs(b.subtract(prediction, target)));
    return { error: b.sum(rows), squared: b.sum(b.square(rows)) };
  },
  finish: ({ error }, rows) => error! / rows,
  standardError: ({ error, squared }, rows) => {
    const mean = error! / rows;
    return Math.sqrt(Math.max(0, squared! / rows - mean * mean) / rows);
  },
});
