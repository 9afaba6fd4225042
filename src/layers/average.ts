import { defineMerge } from './merge.js';
import { sizes, sum } from './ranges.js';

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
  range: (low, high) => [sum(low) / low.length, sum(high) / high.length],
  rounds: (low, high) => [sizes(low), sizes(high)],
  tfjs: 'Average',
});
