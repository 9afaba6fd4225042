import { globalPooling } from './pooling.js';

export const globalAveragePooling2d = globalPooling({
  keyword: 'GlobalAveragePooling2D',
  summary: 'The mean over all places of an image, channel by channel.',
  means: true,
  rank: 2,
  pool: (b, x, axes, keepDims) => b.mean(x, axes, keepDims),
});
