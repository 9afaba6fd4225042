import { Reports } from '../diagnostics/report.js';
import type { Source } from '../diagnostics/source.js';
import { assemble, checkValue } from './assemble.js';
import type { Document, ValueNode } from './document.js';
import type { Expected } from './expected.js';
import { parseFile, parseValue } from './parser.js';
import { isYaml } from './syntax.js';
import { inOrder, prepare, reportProblems, whole } from './text.js';
import { readYaml } from './yaml/read.js';

export { SIZE_LIMIT } from './text.js';

/**
 * Reads a spec. Total: whatever the text, it returns a document with what could be read and reports what could not, with one
 * diagnostic a mistake, and never throws. A source whose name ends in .yaml or .yml is YAML and read by `yaml/read.ts`; everything else is
 *
 * 1. bounds    size and depth, over the characters, before anything grows with the text
 * 2. lex       text to tokens; what the language does not have is reported and mended (`layout.ts`, `repair`)
 * 3. balance   every bracket gets its partner (`brackets.ts`)
 * 4. lay out   newlines become statement ends, words become keywords by position (`layout.ts`)
 * 5. parse     the grammar; a broken statement is skipped, the next one read (`parser.ts`)
 * 6. check     what the grammar cannot say: one model, each thing named once (`assemble.ts`)
 *
 * `expected` says which values are maps, where YAML's text does not tell them from calls.
 */
export function read(source: Source, reports: Reports, expected?: Expected): Document {
  const found = new Reports();
  const document = isYaml(source.name) ? readYaml(source, found, expected) : readText(source, found);
  reports.all.push(...inOrder(found.all));
  return document;
}

function readText(source: Source, reports: Reports): Document {
  const layout = prepare(source, reports);
  if (!layout) return { span: whole(source), lets: [], blocks: [], entries: [] };
  const { result, problems } = parseFile(layout.tokens, source);
  reportProblems(problems, layout, source, reports);
  return assemble(result, source, reports);
}

/** Reads one value, as a command line gives it: `0.5`, `adam(1e-3)`, `[1, 2]`. Nothing if it is empty or wrong. */
export function readValue(source: Source, reports: Reports): ValueNode | undefined {
  const found = new Reports();
  const layout = prepare(source, found, true);
  let value: ValueNode | undefined;
  if (layout) {
    const { result, problems } = parseValue(layout.tokens, source);
    reportProblems(problems, layout, source, found);
    if (!found.failed) value = result;
    if (!found.failed && !value)
      found.report('syntax', { expected: 'a value', found: 'nothing' }, { at: whole(source) });
    if (value) checkValue(value, found);
  }
  reports.all.push(...inOrder(found.all));
  return found.failed ? undefined : value;
}
