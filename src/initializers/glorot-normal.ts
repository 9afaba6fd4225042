import { varianceScaling } from './variance-scaling.js';

export const glorotNormal = varianceScaling({
  keyword: 'glorot_normal',
  scale: 1,
  fan: 'average',
  distribution: 'normal',
  cite: 'Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010; Keras',
});
