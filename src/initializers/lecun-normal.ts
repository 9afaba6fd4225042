import { scaling } from './scaling.js';

export const lecunNormal = scaling({
  keyword: 'lecun_normal',
  scale: 1,
  fan: 'fan_in',
  distribution: 'truncated_normal',
  cite: 'LeCun et al., "Efficient backprop", 1998, section 4.6; Keras',
});
