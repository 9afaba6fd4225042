import { defineMerge } from './merge.js';
import { sizes, sum } from './ranges.js';

export const add = defineMerge({
  keyword: 'Add',
  summary: 'Adds its inputs up: `sum = Add <- a, b`.',
  inputs: [2, Number.POSITIVE_INFINITY],
  forward: (b, inputs) => inputs.reduce((sum, x) => b.add(sum, x)),
  compute: (inputs) => inputs.reduce((sum, x) => sum + x),
  range: (low, high) => [sum(low), sum(high)],
  rounds: (low, high) => [sizes(low), sizes(high)],
  spares: () => ({ constant: 0, adds: 1 }),
  tfjs: 'Add',
});
