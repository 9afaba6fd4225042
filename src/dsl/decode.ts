import type { Reports } from '../diagnostics/report.js';
import { Source } from '../diagnostics/source.js';

/**
 * A spec file's bytes as a source. What is not UTF-8 is reported at its place; the rest can still be read. A byte-order mark
 * stays in the text, so that edits leave it where it was; places do not count it.
 */
export function decode(name: string, bytes: Uint8Array, reports: Reports): Source {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    const source = new Source(name, '');
    reports.report('not-utf-8', { encoding: 'it is UTF-16' }, { at: { source, start: 0, end: 0 } });
    return source;
  }
  const source = new Source(name, new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const start = firstBroken(source.text, bytes);
    reports.report(
      'not-utf-8',
      { encoding: '' },
      { at: { source, start, end: start + 1 }, help: ['save the file as UTF-8'] },
    );
  }
  return source;
}

/** The first replacement character that stands for broken bytes, and not for itself. */
function firstBroken(text: string, bytes: Uint8Array): number {
  const encoder = new TextEncoder();
  let at = 0;
  let start = 0;
  for (let found = text.indexOf('\ufffd'); found >= 0; found = text.indexOf('\ufffd', found + 1)) {
    at += encoder.encode(text.slice(start, found)).length;
    if (bytes[at] !== 0xef || bytes[at + 1] !== 0xbf || bytes[at + 2] !== 0xbd) return found;
    at += 3;
    start = found + 1;
  }
  return 0;
}
