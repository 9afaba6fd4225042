import { defineMerge } from './merge.js';
import { sizes } from './ranges.js';

export const subtract = defineMerge({
  keyword: 'Subtract',
  summary: 'Subtracts its second input from its first: `difference = Subtract <- a, b`.',
  inputs: [2, 2],
  forward: (b, [x, y]) => b.subtract(x!, y!),
  compute: ([x, y]) => x! - y!,
  range: ([x, y], [most, other]) => [x! - other!, most! - y!],
  rounds: ([x, y], [most, other]) => [sizes([x!, other!]), sizes([most!, y!])],
  spares: (input) => (input === 1 ? { constant: 0, adds: -1 } : undefined),
});
