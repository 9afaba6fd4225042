import { Reports } from '../diagnostics/report.js';
import { Source } from '../diagnostics/source.js';
import { difference } from '../dsl/compare.js';
import { format } from '../dsl/format.js';
import { isYaml } from '../dsl/syntax.js';
import { writeYaml } from '../dsl/yaml/write.js';
import { readDocument } from './document.js';

/** Where a line is near its limit, laying it out anew may make room for another. */
const ROUNDS = 4;

/**
 * The text as `dnc fmt` writes it. A second time changes nothing. A text with errors comes back as it is.
 *
 * In .dn tokens stay and blanks change (`dsl/format.ts`). YAML is laid out as `dnc convert` does: two blanks of indentation, layers in braces on one line where
 * they fit, calls as scalars where YAML can take them, `let`s and blocks together; comments, single empty lines and maps on one line stay.
 */
export function formatSpec({ name, text }: Source): string {
  if (!isYaml(name)) return format(text);
  let at = text;
  for (let round = 0; round < ROUNDS; round++) {
    const source = new Source(name, at);
    const reports = new Reports();
    const document = readDocument(source, reports);
    if (reports.failed) return text;
    const next = writeYaml(document);
    const back = readDocument(new Source(name, next), reports);
    if (reports.failed || difference(document, back) !== undefined) return text;
    if (next === at) break;
    at = next;
  }
  return /^[^\n]*\r\n/.test(text) ? at.replaceAll('\n', '\r\n') : at;
}
