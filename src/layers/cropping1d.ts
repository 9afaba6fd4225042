import { cropping } from './padding.js';

export const cropping1d = cropping('Cropping1D', 'Takes steps away at the ends of a series.', 1);
