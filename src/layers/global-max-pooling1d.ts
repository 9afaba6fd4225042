import { globalPooling } from './pooling.js';

export const globalMaxPooling1d = globalPooling({
  keyword: 'GlobalMaxPooling1D',
  summary: 'The largest number over all steps of a series, channel by channel.',
  rank: 1,
  pool: (b, x, axes, keepDims) => b.max(x, axes, keepDims),
});
