import { scaling } from './scaling.js';

export const heNormal = scaling({
  keyword: 'he_normal',
  scale: 2,
  fan: 'fan_in',
  distribution: 'truncated_normal',
  cite: 'He et al., "Delving deep into rectifiers", ICCV 2015, equation 10; Keras',
});
