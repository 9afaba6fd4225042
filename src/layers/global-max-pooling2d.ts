import { globalPooling } from './pooling.js';

export const globalMaxPooling2d = globalPooling({
  keyword: 'GlobalMaxPooling2D',
  summary: 'The largest number over all places of an image, channel by channel.',
  rank: 2,
  pool: (b, x, axes, keepDims) => b.max(x, axes, keepDims),
});
