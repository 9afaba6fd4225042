import { defineMerge } from './merge.js';

export const maximum = defineMerge({
  keyword: 'Maximum',
  summary: 'The largest of its inputs, element by element: `most = Maximum <- a, b`.',
  inputs: [2, Number.POSITIVE_INFINITY],
  forward: (b, inputs) => inputs.reduce((most, x) => b.maximum(most, x)),
  compute: (inputs) => Math.max(...inputs),
  range: (low, high) => [Math.max(...low), Math.max(...high)],
  tfjs: 'Maximum',
});
