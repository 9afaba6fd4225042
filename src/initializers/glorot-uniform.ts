import { varianceScaling } from './variance-scaling.js';

export const glorotUniform = varianceScaling({
  keyword: 'glorot_uniform',
  scale: 1,
  fan: 'average',
  distribution: 'uniform',
  cite: 'Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010; Keras',
});
