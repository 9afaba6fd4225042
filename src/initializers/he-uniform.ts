import { varianceScaling } from './variance-scaling.js';

export const heUniform = varianceScaling({
  keyword: 'he_uniform',
  scale: 2,
  fan: 'in',
  distribution: 'uniform',
  cite: 'He et al., "Delving deep into rectifiers", ICCV 2015, equation 10; Keras',
});
