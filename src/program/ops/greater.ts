import { comparison } from '../families.js';

export const greater = comparison('greater', 'True where x > y. No gradient.', (x, y) => x > y);
