import { spatialDropout } from './spatial-dropout.js';

export const spatialDropout1d = spatialDropout(
  'SpatialDropout1D',
  'In training, sets a random share of the channels of a series to 0 at all steps and scales the rest up; else passes it on.',
  1,
);
