import { scaling } from './scaling.js';

export const glorotUniform = scaling({
  keyword: 'glorot_uniform',
  scale: 1,
  fan: 'fan_avg',
  distribution: 'uniform',
  cite: 'Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010; Keras',
});
