import { pooling } from './pooling.js';

export const maxPooling1d = pooling({
  keyword: 'MaxPooling1D',
  summary: 'The largest number of every window of a series, channel by channel.',
  rank: 1,
  defaultSize: 2,
  pool: (b, x, size, options) => b.maxPool2d(x, size, options),
});
