import { unary } from '../families.js';

export const sign = unary({
  keyword: 'sign',
  summary: '−1, 0 or 1. No gradient.',
  dtypes: ['float', 'int'],
  f: Math.sign,
});
