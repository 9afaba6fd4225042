import { varianceScaling } from './variance-scaling.js';

export const heNormal = varianceScaling({
  keyword: 'he_normal',
  scale: 2,
  fan: 'in',
  distribution: 'normal',
  cite: 'He et al., "Delving deep into rectifiers", ICCV 2015, equation 10; Keras',
});
