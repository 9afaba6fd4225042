import { comparison } from '../families.js';

export const or = comparison('or', 'True where one is. No gradient.', (x, y) => x !== 0 || y !== 0, ['bool']);
