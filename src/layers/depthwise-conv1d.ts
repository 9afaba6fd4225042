import { depthwiseConvolution } from './depthwise-convolution.js';

export const depthwiseConv1d = depthwiseConvolution(
  'DepthwiseConv1D',
  'Convolution along a series [steps, channels], every channel by itself.',
  1,
);
