import { scaling } from './scaling.js';

export const glorotNormal = scaling({
  keyword: 'glorot_normal',
  scale: 1,
  fan: 'fan_avg',
  distribution: 'truncated_normal',
  cite: 'Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010; Keras',
});
