import { defineMerge } from './merge.js';

export const subtract = defineMerge({
  keyword: 'Subtract',
  summary: 'Subtracts its second input from its first: `difference = Subtract <- a, b`.',
  inputs: [2, 2],
  forward: (b, [x, y]) => b.subtract(x!, y!),
  compute: ([x, y]) => x! - y!,
  spares: (input) => (input === 1 ? { constant: 0, adds: -1 } : undefined),
});
