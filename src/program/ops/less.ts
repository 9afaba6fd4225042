import { comparison } from '../families.js';

export const less = comparison('less', 'True where x < y. No gradient.', (x, y) => x < y);
