import type { RowsRecord } from '../runtime/run/run-folder.js';
import { count } from './numbers.js';

/** How many rows a run had, in a line: `1,000 to train on (54,000 left out), 5,000 for validation, 10,000 for testing`. */
export function rowsText({ train, validation, test, unused = 0 }: RowsRecord): string {
  return [
    `${count(train)} to train on${unused > 0 ? ` (${count(unused)} left out)` : ''}`,
    ...(validation === undefined ? [] : [`${count(validation)} for validation`]),
    ...(test === undefined ? [] : [`${count(test)} for testing`]),
  ].join(', ');
}
