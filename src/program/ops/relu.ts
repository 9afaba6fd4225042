import { unary } from '../families.js';

export const relu = unary({
  keyword: 'relu',
  summary: 'max(x, 0); the gradient at 0 is 0, as in TensorFlow and PyTorch.',
  f: (x) => Math.max(x, 0),
  // Read from the result: it is kept for the next layer anyway, x need not be.
  gradient: (b, g, _, y) => b.select(b.greater(y, 0), g, 0),
});
