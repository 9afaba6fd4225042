import { unary } from '../families.js';

export const not = unary({
  keyword: 'not',
  summary: 'True where x is false. No gradient.',
  dtypes: ['bool'],
  f: (x) => 1 - x,
});
