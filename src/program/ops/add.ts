import { binary } from '../families.js';

export const add = binary({
  keyword: 'add',
  summary: 'x + y',
  f: (x, y) => x + y,
  int: (x, y) => (x + y) | 0,
  gradient: { x: (_, { g }) => g, y: (_, { g }) => g },
});
