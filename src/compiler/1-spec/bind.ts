import { cover } from '../../diagnostics/source.js';
import type { Kind, RegistryName } from '../../ir/kind.js';
import { type Context, listWords } from './context.js';
import { schemaOf } from './expected.js';
import type { ArgumentTerm, Term } from './term.js';
import { ownerName, reportUnknownArgument } from './unknown.js';

/** Arguments by name, as written; defaults are not in it. */
export type Written = ReadonlyMap<string, Term>;

/** Gives positional arguments their names, in the order of the schema. Reports names that the kind does not have. */
export function bindArguments(
  context: Context,
  registry: RegistryName,
  kind: Kind,
  written: readonly ArgumentTerm[],
): Map<string, Term> {
  const owner = ownerName(registry, kind);
  const properties = schemaOf(kind.schema).properties ?? {};
  const names = Object.keys(properties);
  const bound = new Map<string, Term>();
  const firstNamed = written.findIndex((argument) => argument.name);
  const positional = firstNamed < 0 ? written : written.slice(0, firstNamed);

  const [first] = names;
  const spread =
    first !== undefined && properties[first]?.spread && positional.length > 0 && positional[0]!.value.kind !== 'list';
  if (spread) {
    bound.set(first, spreadList(positional.map((argument) => argument.value)));
  } else {
    positional.slice(0, names.length).forEach((argument, k) => {
      bound.set(names[k]!, argument.value);
    });
    if (positional.length > names.length) {
      context.report(
        'too-many-arguments',
        { owner, most: names.length, found: positional.length },
        {
          at: positional[names.length]!.value.span,
          label: 'one too many',
          help: names.length > 0 ? [`arguments of ${owner}: ${listWords(names)}`] : [],
        },
      );
    }
  }
  const byPlace = new Set(bound.keys());
  for (const { name, value } of firstNamed < 0 ? [] : written.slice(firstNamed)) {
    if (!name) {
      context.report('positional-after-named', { owner }, { at: value.span, label: 'write its name' });
    } else if (!Object.hasOwn(properties, name.text)) {
      reportUnknownArgument(context, registry, kind, name.text, name.span);
    } else if (bound.has(name.text)) {
      // Two of the same name are the reader's to report.
      if (!byPlace.has(name.text)) continue;
      context.report(
        'argument-twice',
        { owner, name: name.text },
        { at: name.span, also: [{ at: bound.get(name.text)!.span, note: `\`${name.text}\` is given here already` }] },
      );
    } else {
      bound.set(name.text, value);
    }
  }
  return bound;
}

function spreadList(items: readonly Term[]): Term {
  const span = cover(items[0]!.span, items.at(-1)!.span);
  const size = items.reduce((sum, item) => sum + item.size, 1);
  return { kind: 'list', span, items, size, depth: 1 + Math.max(...items.map((item) => item.depth)) };
}
