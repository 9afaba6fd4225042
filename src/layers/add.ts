import { defineMerge } from './merge.js';

export const add = defineMerge({
  keyword: 'Add',
  summary: 'Adds its inputs up: `sum = Add <- a, b`.',
  inputs: [2, Number.POSITIVE_INFINITY],
  forward: (b, inputs) => inputs.reduce((sum, x) => b.add(sum, x)),
  compute: (inputs) => inputs.reduce((sum, x) => sum + x),
  spares: () => ({ constant: 0, adds: 1 }),
  tfjs: 'Add',
});
