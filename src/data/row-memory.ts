import { totalmem } from 'node:os';
import { fail } from '../diagnostics/report.js';
import type { Span } from '../diagnostics/source.js';
import { StoredRows } from './stored-rows.js';

/** The share of the machine's memory that the numbers of one field may take. */
const SHARE = 4;

/**
 * Bytes that the numbers of a field may take in memory: `DNC_DATA_MEMORY`, else a quarter of what the machine, or the container that it is, has.
 *
 * @throws Failure data-memory where `DNC_DATA_MEMORY` is no number of bytes
 */
export function memoryForRows(environment: NodeJS.ProcessEnv = process.env): number {
  const given = environment.DNC_DATA_MEMORY;
  if (given) {
    const bytes = Number(given);
    return /^\d+$/.test(given) && Number.isSafeInteger(bytes) && bytes > 0 ? bytes : fail('data-memory', { given });
  }
  // 0, and more than the machine has, where nothing constrains it.
  const constrained = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  return Math.floor(Math.min(totalmem(), constrained) / SHARE);
}

/**
 * The numbers of a field, all of them at once.
 *
 * @param what of dnc asks for them, in words
 * @throws Failure rows-in-files where they stay in their files
 */
export function heldNumbers(
  { name, data }: { readonly name: string; readonly data: Float32Array | Int32Array | StoredRows },
  what: string,
  at?: Span,
): Float32Array | Int32Array {
  if (!(data instanceof StoredRows)) return data;
  return fail('rows-in-files', { field: name, what, bytes: 4 * data.rows * data.width }, { at });
}
