import { scaling } from './scaling.js';

export const lecunUniform = scaling({
  keyword: 'lecun_uniform',
  scale: 1,
  fan: 'fan_in',
  distribution: 'uniform',
  cite: 'LeCun et al., "Efficient backprop", 1998, section 4.6; Keras',
});
