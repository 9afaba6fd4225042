import { separableConvolution } from './separable-convolution.js';

export const separableConv1d = separableConvolution(
  'SeparableConv1D',
  'Convolution along a series: every channel by itself, then all channels of a step.',
  1,
);
