import { Type } from '../ir/kind.js';
import { defineSchedule } from './schedule.js';

export const constant = defineSchedule({
  keyword: 'constant',
  summary: 'The same value at every step.',
  schema: Type.Object({ value: Type.Number({ minimum: 0, description: 'The value.' }) }),
  value: ({ value }) => value,
});
