import type { BoundTensor } from '../../src/data/bind.js';
import type { Field } from '../../src/data/source.js';
import { StoredRows } from '../../src/data/stored-rows.js';

/** The numbers of a field, which are to be in memory. */
export function numbersIn({ data }: Pick<Field | BoundTensor, 'data'>): Float32Array | Int32Array {
  if (data instanceof StoredRows) throw new Error('the rows are in their files');
  return data;
}
