import { defineMerge } from './merge.js';

export const average = defineMerge({
  keyword: 'Average',
  summary: 'The mean of its inputs, element by element: `mean = Average <- a, b`.',
  inputs: [2, Number.POSITIVE_INFINITY],
  forward: (b, inputs) =>
    b.multiply(
      inputs.reduce((sum, x) => b.add(sum, x)),
      1 / inputs.length,
    ),
  compute: (inputs) => inputs.reduce((sum, x) => sum + x) * (1 / inputs.length),
  tfjs: 'Average',
});
