import { scaling } from './scaling.js';

export const heUniform = scaling({
  keyword: 'he_uniform',
  scale: 2,
  fan: 'fan_in',
  distribution: 'uniform',
  cite: 'He et al., "Delving deep into rectifiers", ICCV 2015, equation 10; Keras',
});
