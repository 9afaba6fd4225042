import { pooling } from './pooling.js';

export const averagePooling2d = pooling({
  keyword: 'AveragePooling2D',
  summary: 'The mean of every window of an image, channel by channel; padding is not counted.',
  means: true,
  rank: 2,
  pool: (b, x, size, options) => b.averagePool2d(x, size, options),
});
