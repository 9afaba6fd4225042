import { comparison } from '../families.js';

export const lessEqual = comparison('less_equal', 'True where x <= y. No gradient.', (x, y) => x <= y);
