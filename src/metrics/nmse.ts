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
  sums: (b, { target, prediction }) => ({
    error: b.sum(rowMean(b, b.square(b.subtract(prediction, target)))),
    target: b.sum(rowMean(b, target)),
    target_squared: b.sum(rowMean(b, b.square(target))),
  }),
  finish: ({ error, target, target_squared }, rows) => {
    const mean = target! / rows;
    const variance = target_squared! / rows - mean * mean;
    return error! / rows / variance;
  },
});
