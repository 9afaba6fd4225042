import { Type } from '../ir/kind.js';
import { rowMean } from '../losses/rows.js';
import { defineMetric } from './metric.js';

export const nmse = defineMetric({
  keyword: 'nmse',
  summary: "Mean squared error divided by the target's variance: 1 is what predicting the mean gives.",
  cite: 'Pan, Dong and Guo 2016, DropNeuron, section 4.1 (their code prints the plain mean squared error under this name)',
  schema: Type.Object({}),
  better: 'lower',
  unitRange: false,
  target: 'values',
  sums: (b, { target, prediction }) => {
    const errors = rowMean(b, b.square(b.subtract(prediction, target)));
    return {
      error: b.sum(errors),
      squared: b.sum(b.square(errors)),
      target: b.sum(rowMean(b, target)),
      target_squared: b.sum(rowMean(b, b.square(target))),
    };
  },
  finish: ({ error, target, target_squared }, rows) => error! / rows / variance(target!, target_squared!, rows),
  // Of the mean squared error; the target's variance counts as known.
  standardError: ({ error, squared, target, target_squared }, rows) => {
    const mean = error! / rows;
    return Math.sqrt(Math.max(0, squared! / rows - mean * mean) / rows) / variance(target!, target_squared!, rows);
  },
});

/** Of the target, from its sums over rows. */
function variance(sum: number, squares: number, rows: number): number {
  const mean = sum / rows;
  return squares / rows - mean * mean;
}
