import { pooling } from './pooling.js';

export const averagePooling1d = pooling({
  keyword: 'AveragePooling1D',
  summary: 'The mean of every window of a series, channel by channel; padding is not counted.',
  means: true,
  rank: 1,
  pool: (b, x, size, options) => b.averagePool2d(x, size, options),
});
