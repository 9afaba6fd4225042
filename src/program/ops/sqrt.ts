import { unary } from '../families.js';

export const sqrt = unary({
  keyword: 'sqrt',
  summary: 'The square root; its gradient at 0 is infinite, see `norm` for the safe one of a group.',
  f: Math.sqrt,
  gradient: (b, g, _, y) => b.divide(b.multiply(g, 0.5), y),
});
