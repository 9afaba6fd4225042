import { depthwiseConvolution } from './depthwise-convolution.js';

export const depthwiseConv2d = depthwiseConvolution(
  'DepthwiseConv2D',
  'Convolution over an image [height, width, channels], every channel by itself.',
  2,
);
