import { convolution } from './convolution.js';

export const conv2d = convolution(
  'Conv2D',
  'Convolution over an image [height, width, channels]: the same weights at every place.',
  2,
);
