import { comparison } from '../families.js';

export const equal = comparison('equal', 'True where x = y. No gradient.', (x, y) => x === y, ['float', 'int', 'bool']);
