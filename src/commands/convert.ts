import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Span } from '../diagnostics/source.js';
import type { Document } from '../dsl/document.js';
import { type Command, UsageError } from './command.js';
import { readSpec } from './spec-file.js';

export const convert: Command = {
  name: 'convert',
  summary:
    'Writes a .dn spec as YAML, or a YAML spec as .dn, into the file `to`, or else to stdout: the same spec, its comments in place.',
  parameters: '<spec> [to]',
  options: [{ flags: '--force', description: 'write over a file that is there' }],
  examples: ['dnc convert net.dn net.yaml', 'dnc convert net.yaml net.dn', 'dnc convert net.dn'],
  run: async ({ parameters: [from, to], options, io }) => {
    const { readDocument } = await import('../compiler/document.js');
    const { Reports, fail } = await import('../diagnostics/report.js');
    const { Source } = await import('../diagnostics/source.js');
    const { difference } = await import('../dsl/compare.js');
    const { isSpecName, syntaxOf } = await import('../dsl/syntax.js');
    const { writeDn } = await import('../dsl/write.js');
    const { writeYaml } = await import('../dsl/yaml/write.js');
    const { writeAtomically } = await import('../files.js');
    const source = readSpec(from!);
    const target = syntaxOf(from!) === 'dn' ? 'yaml' : 'dn';
    if (to !== undefined && !isSpecName(to)) throw new UsageError(`a name that ends in .dn, .yaml or .yml, not ${to}`);
    if (to !== undefined && syntaxOf(to) !== target)
      throw new UsageError(`${from} is ${target === 'dn' ? 'YAML' : '.dn'} already; dnc fmt ${from} formats it`);
    if (to !== undefined && existsSync(to) && !options.force)
      fail('file-exists', { file: to }, { help: ['--force writes over it'] });

    const reports = new Reports();
    const document = readDocument(source, reports);
    reports.throwIfFailed();
    const text = target === 'yaml' ? writeYaml(document) : writeDn(document);

    // Nothing is written that says something else.
    const back = new Reports();
    const again = readDocument(new Source(to ?? `converted.${target}`, text), back);
    const other = difference(document, again);
    if (back.failed || other !== undefined) {
      const at = other === undefined ? undefined : spanAt(document, other);
      const help = target === 'yaml' ? ['leave it out if nothing uses it, or write it where it is used'] : [];
      fail('not-convertible', { syntax: target === 'yaml' ? 'YAML' : '.dn' }, { ...(at && { at }), help });
    }

    if (to === undefined) io.out(text);
    else {
      writeAtomically(to, text);
      io.out(`${to}\n`);
      if (path.resolve(path.dirname(to)) !== path.resolve(path.dirname(from!)))
        io.note(`files that it names are looked for in ${path.dirname(to)} now\n`);
    }
    return 0;
  },
};

/** The innermost node of a document with a place, on a path that `difference` gives. */
function spanAt(document: Document, differing: string): Span | undefined {
  let node: unknown = document;
  let span: Span | undefined;
  for (const key of differing.split('.')) {
    if (typeof node !== 'object' || node === null) break;
    node = (node as Readonly<Record<string, unknown>>)[key];
    span = (node as { readonly span?: Span } | undefined)?.span ?? span;
  }
  return span;
}
