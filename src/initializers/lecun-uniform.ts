import { varianceScaling } from './variance-scaling.js';

export const lecunUniform = varianceScaling({
  keyword: 'lecun_uniform',
  scale: 1,
  fan: 'in',
  distribution: 'uniform',
  cite: 'LeCun et al., "Efficient backprop", 1998, section 4.6; Keras',
});
