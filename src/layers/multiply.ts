import { defineMerge } from './merge.js';

export const multiply = defineMerge({
  keyword: 'Multiply',
  summary: 'Multiplies its inputs: `gated = Multiply <- x, gate`.',
  inputs: [2, Number.POSITIVE_INFINITY],
  forward: (b, inputs) => inputs.reduce((product, x) => b.multiply(product, x)),
  compute: (inputs) => inputs.reduce((product, x) => product * x),
  fixedBy: 0,
  spares: () => ({ constant: 1 }),
  tfjs: 'Multiply',
});
