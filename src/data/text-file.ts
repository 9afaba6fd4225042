import { fail } from '../diagnostics/report.js';
import { type InputFile, readInput } from './files.js';
import type { SourcePlace } from './source.js';

/** Letters of all texts of one part: half of what a typed array of them would take. */
const MOST_LETTERS = 2 ** 29;

/**
 * Reads a text in UTF-8, with or without a byte order mark.
 *
 * @throws Failure of the file, csv-encoding
 */
export function readText(file: InputFile): {
  readonly text: string;
  readonly bytes: number;
  readonly sha256: string;
} {
  const { bytes, sha256 } = readInput(file);
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), bytes: bytes.length, sha256 };
  } catch {
    return fail('csv-encoding', { file: file.name, ...firstBroken(bytes) }, { at: file.at });
  }
}

/** The line of the first byte that is no UTF-8, from 1. */
function firstBroken(bytes: Uint8Array): { readonly line: number; readonly problem: string } {
  let line = 1;
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(10, from);
    const behind = end < 0 ? bytes.length : end + 1;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(from, behind));
    } catch {
      break;
    }
    from = behind;
  }
  return { line, problem: 'bytes that are no letter' };
}

/** @throws Failure file-too-large */
export function refuseTooMuch(letters: number, file: InputFile, { at }: SourcePlace): void {
  if (letters <= MOST_LETTERS) return;
  const limit = `${MOST_LETTERS.toLocaleString('en-US')} letters in all`;
  fail('file-too-large', { file: file.name, found: 'with the texts before it more', limit }, { at });
}
