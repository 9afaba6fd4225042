import { pooling } from './pooling.js';

export const maxPooling2d = pooling({
  keyword: 'MaxPooling2D',
  summary: 'The largest number of every window of an image, channel by channel.',
  rank: 2,
  defaultSize: 2,
  pool: (b, x, size, options) => b.maxPool2d(x, size, options),
});
