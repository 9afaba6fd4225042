import { varianceScaling } from './variance-scaling.js';

export const lecunNormal = varianceScaling({
  keyword: 'lecun_normal',
  scale: 1,
  fan: 'in',
  distribution: 'normal',
  cite: 'LeCun et al., "Efficient backprop", 1998, section 4.6; Keras',
});
