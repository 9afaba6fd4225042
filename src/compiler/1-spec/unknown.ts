import { nearest } from '../../diagnostics/did-you-mean.js';
import type { Span } from '../../diagnostics/source.js';
import type { Kind, RegistryName } from '../../ir/kind.js';
import { namesElsewhere } from '../names-elsewhere.js';
import { registriesOf, spellingsOf, vocabulary, wordsOf } from '../vocabulary.js';
import { type Context, listWords } from './context.js';
import { schemaOf } from './expected.js';

/** What messages call a word of a table. */
export function ownerName(registry: RegistryName, kind: Kind): string {
  return registry === 'annotation' ? `@${kind.keyword}` : kind.keyword;
}

/** Reports an argument that a kind does not have. */
export function reportUnknownArgument(
  context: Context,
  registry: RegistryName,
  kind: Kind,
  name: string,
  at: Span,
): void {
  const owner = ownerName(registry, kind);
  const names = Object.keys(schemaOf(kind.schema).properties ?? {});
  if (registry === 'layer' && name.endsWith('_regularizer')) {
    context.report(
      'regularizer-argument',
      { name, method: 'l2' },
      {
        at,
        label: 'write `@l2(…)` behind the layer',
        help: [`annotations: ${listWords(wordsOf('annotation').map((word) => `@${word}`))}`],
      },
    );
    return;
  }
  if (registry === 'layer' && name === 'mask_zero') {
    context.report('no-masks', { name }, { at, help: ['leave the argument out', 'dnc explain no-masks'] });
    return;
  }
  const near = nearest(name, names);
  context.report(
    'unknown-argument',
    { owner, name },
    {
      at,
      ...(near !== undefined && { label: `did you mean \`${near}\`?` }),
      help: [names.length > 0 ? `arguments of ${owner}: ${listWords(names)}` : `${owner} takes no arguments`],
    },
  );
}

/** More words than these are a page of their own. */
const SHORT_LIST = 16;

/** The word that another one most likely means: what other libraries call it, or one that is spelt like it. `more` are words that may stand there, too. */
export function meantWord(registry: RegistryName, word: string, more: readonly string[] = []): string | undefined {
  const known = registry === 'split' ? [...spellingsOf('split'), ...spellingsOf('source')] : spellingsOf(registry);
  const ours = namesElsewhere[registry];
  return ours && Object.hasOwn(ours, word) ? ours[word] : nearest(word, [...more, ...known]);
}

/** How a number or a word of a table is written where either may stand. */
const NUMBER_OR_WORD: Partial<Readonly<Record<RegistryName, string>>> = {
  schedule: '`1e-3` or `cosine(1e-3)`',
  threshold: '`0.05`, `weight(0.05)` or `auto(tolerance: 1%)`',
};

/**
 * Reports a word that a table does not have. `more` are words that may stand there, too: the file's blocks among layers. `number` says which number may stand there as well, where one may.
 */
export function reportUnknownWord(
  context: Context,
  registry: RegistryName,
  word: string,
  at: Span,
  more: readonly string[] = [],
  number?: string,
): void {
  if (registry === 'layer' && word === 'Masking') {
    context.report('no-masks', { name: word }, { at, help: ['leave the layer out', 'dnc explain no-masks'] });
    return;
  }
  const near = meantWord(registry, word, [...more, ...context.lets.names]);
  const elsewhere = registriesOf(word)[0];
  const { many, one } = vocabulary[registry];
  const label =
    near !== undefined
      ? `did you mean \`${near}\`?`
      : elsewhere !== undefined
        ? `this is ${vocabulary[elsewhere].one}`
        : context.lets.has(word)
          ? 'a `let` is written without parentheses'
          : undefined;
  const words = wordsOf(registry);
  const all = words.length > SHORT_LIST ? [`\`dnc help ${many}\` lists all`] : [];
  const forms = number === undefined ? undefined : NUMBER_OR_WORD[registry];
  const help =
    near === undefined
      ? [
          ...(forms === undefined ? [] : [`for example ${forms}`]),
          `${many}: ${listWords([...more, ...words], SHORT_LIST)}`,
          ...all,
        ]
      : [];
  const where = { at, ...(label !== undefined && { label }), help };
  if (registry === 'layer') context.report('unknown-layer', { word }, where);
  else if (registry === 'annotation') context.report('unknown-annotation', { word }, where);
  else context.report('unknown-word', { word, what: number === undefined ? one : `${number} or ${one}` }, where);
}
