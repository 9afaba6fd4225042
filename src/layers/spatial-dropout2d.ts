import { spatialDropout } from './spatial-dropout.js';

export const spatialDropout2d = spatialDropout(
  'SpatialDropout2D',
  'In training, sets a random share of the channels of an image to 0 at all places and scales the rest up; else passes it on.',
  2,
);
