import { unary } from '../families.js';

export const negate = unary({
  keyword: 'negate',
  summary: '−x',
  dtypes: ['float', 'int'],
  f: (x) => -x,
  int: (x) => -x | 0,
  gradient: (b, g) => b.negate(g),
});
