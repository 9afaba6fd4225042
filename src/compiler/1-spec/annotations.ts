import { nearest } from '../../diagnostics/did-you-mean.js';
import type { Span } from '../../diagnostics/source.js';
import type { CallNode } from '../../dsl/document.js';
import type { Annotation } from '../../ir/graph.js';
import type { Kind } from '../../ir/kind.js';
import { findWord } from '../vocabulary.js';
import { type Context, listWords } from './context.js';
import { bindArguments, type Written } from './bind.js';
import { isOff, resolveArguments } from './resolve.js';
import { reportUnknownWord } from './unknown.js';
import type { ArgumentTerm } from './term.js';

/** An annotation as written in one place: `@m(off)` takes the method back. */
export type WrittenAnnotation =
  | { readonly kind: Kind; readonly span: Span; readonly off: true }
  | { readonly kind: Kind; readonly span: Span; readonly off: false; readonly arguments: Written };

/** The annotations of one place, their positional arguments named. */
export function readAnnotations(context: Context, calls: readonly CallNode[]): readonly WrittenAnnotation[] {
  const read: WrittenAnnotation[] = [];
  for (const call of calls) {
    const kind = findWord('annotation', call.callee.text);
    if (!kind) {
      reportUnknownWord(context, 'annotation', call.callee.text, call.callee.span);
      continue;
    }
    const first = read.find((one) => one.kind === kind);
    if (first) {
      const also = [{ at: first.span, note: 'first here' }];
      const help = [
        `keep one of them; one acts in several phases by \`@${kind.keyword}(…, during: [one, other])\``,
        'for another strength in a later phase, train twice: dnc explain annotation-twice',
      ];
      context.report('annotation-twice', { method: kind.keyword }, { at: call.span, also, help });
      continue;
    }
    const terms = argumentTerms(context, call);
    const [only] = terms;
    const off = terms.length === 1 && !only!.name && isOff(only!.value);
    if (off) read.push({ kind, span: call.span, off });
    else read.push({ kind, span: call.span, off, arguments: bindArguments(context, 'annotation', kind, terms) });
  }
  return read;
}

/**
 * What lands on a layer: argument by argument per method, a later level over those before it. The levels are the model's, then from the outside in
 * every block's and its use's, then the layer's own. `@m(off)` takes back what the levels before it say.
 */
export function landAnnotations(
  context: Context,
  levels: readonly (readonly WrittenAnnotation[])[],
  phases: ReadonlySet<string> | undefined,
): Annotation[] {
  const landed = new Map<Kind, { readonly written: Written; readonly span: Span } | undefined>();
  for (const level of levels) {
    for (const one of level) {
      if (one.off) landed.set(one.kind, undefined);
      else {
        const written = new Map([...(landed.get(one.kind)?.written ?? []), ...one.arguments]);
        landed.set(one.kind, { written, span: one.span });
      }
    }
  }
  return [...landed].flatMap(([method, found]) => {
    if (!found) return [];
    const { values, unit } = resolveArguments(context, 'annotation', method, found.written, found.span);
    checkPhases(context, values.during, unit.terms.get('/during')?.span ?? found.span, phases);
    return [{ word: method.keyword, arguments: values, span: found.span }];
  });
}

function checkPhases(context: Context, during: unknown, at: Span, phases: ReadonlySet<string> | undefined): void {
  if (during === undefined || !phases) return;
  for (const name of Array.isArray(during) ? during : [during]) {
    if (typeof name !== 'string' || phases.has(name)) continue;
    const near = nearest(name, phases);
    context.report(
      'unknown-phase',
      { name },
      {
        at,
        ...(near !== undefined && { label: `did you mean \`${near}\`?` }),
        help: [`phases: ${listWords([...phases])}`],
      },
    );
  }
}

/** The arguments of a call, evaluated. */
export function argumentTerms(context: Context, call: CallNode): ArgumentTerm[] {
  return (call.arguments ?? []).map((argument) => ({
    ...(argument.name && { name: argument.name }),
    value: context.lets.evaluate(argument.value),
  }));
}
