import { globalPooling } from './pooling.js';

export const globalAveragePooling1d = globalPooling({
  keyword: 'GlobalAveragePooling1D',
  summary: 'The mean over all steps of a series, channel by channel.',
  means: true,
  rank: 1,
  pool: (b, x, axes, keepDims) => b.mean(x, axes, keepDims),
});
