import { defineMerge } from './merge.js';
import { productRange } from './ranges.js';

export const multiply = defineMerge({
  keyword: 'Multiply',
  summary: 'Multiplies its inputs: `gated = Multiply <- x, gate`.',
  inputs: [2, Number.POSITIVE_INFINITY],
  forward: (b, inputs) => inputs.reduce((product, x) => b.multiply(product, x)),
  compute: (inputs) => inputs.reduce((product, x) => product * x),
  range: productRange,
  rounds: (low, high) => {
    const [least, most] = productRange(low, high);
    return [Math.abs(least), Math.abs(most)];
  },
  fixedBy: 0,
  spares: () => ({ constant: 1 }),
  tfjs: 'Multiply',
});
