import { cropping } from './padding.js';

export const cropping2d = cropping('Cropping2D', 'Takes rows and columns away at the sides of an image.', 2);
