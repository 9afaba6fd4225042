import { comparison } from '../families.js';

export const and = comparison('and', 'True where both are. No gradient.', (x, y) => x !== 0 && y !== 0, ['bool']);
