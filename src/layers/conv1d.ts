import { convolution } from './convolution.js';

export const conv1d = convolution(
  'Conv1D',
  'Convolution along a series [steps, channels]: the same weights at every step.',
  1,
);
