import { separableConvolution } from './separable-convolution.js';

export const separableConv2d = separableConvolution(
  'SeparableConv2D',
  'Convolution over an image: every channel by itself, then all channels of a place.',
  2,
);
