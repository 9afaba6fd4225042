import { defineMerge } from './merge.js';

export const minimum = defineMerge({
  keyword: 'Minimum',
  summary: 'The smallest of its inputs, element by element: `least = Minimum <- a, b`.',
  inputs: [2, Number.POSITIVE_INFINITY],
  forward: (b, inputs) => inputs.reduce((least, x) => b.minimum(least, x)),
  compute: (inputs) => Math.min(...inputs),
  range: (low, high) => [Math.min(...low), Math.min(...high)],
  tfjs: 'Minimum',
});
