import { comparison } from '../families.js';

export const greaterEqual = comparison('greater_equal', 'True where x >= y. No gradient.', (x, y) => x >= y);
