import { nearest } from '../../diagnostics/did-you-mean.js';
import type { Where } from '../../diagnostics/report.js';
import { type Fault, validators } from '../../generated/validators.js';
import { type Context, listWords } from './context.js';
import {
  type ArgumentSchema,
  choicesOf,
  countOf,
  countsIn,
  expectedOf,
  OFF,
  rangeOf,
  typesOf,
  wordsFor,
} from './expected.js';
import { describeTerm, showNumber, type Term } from './term.js';
import { meantWord } from './unknown.js';
import { findWord } from '../vocabulary.js';
import { nameAt, type Unit } from './unit.js';

/** Runs the compiled validator of a unit and reports what it finds at the nodes that the values came from. */
export function validate(context: Context, unit: Unit, values: unknown): void {
  const validator = validators[unit.validator];
  if (!validator) throw new Error(`no validator ${unit.validator}; run scripts/generate-validators.mjs`);
  if (validator(values)) return;
  const reported = new Set<string>();
  for (const fault of validator.errors ?? []) {
    const place =
      fault.keyword === 'required'
        ? `${fault.instancePath}/${String(fault.params.missingProperty)}`
        : fault.instancePath;
    if (place === '' && fault.keyword === 'anyOf') {
      reportMissingOneOf(context, unit, validator.errors ?? []);
      continue;
    }
    const known = nearestPlace(unit, place);
    if (reported.has(known) || isBad(unit, place)) continue;
    const term = unit.terms.get(known);
    // A root `anyOf` over `required` says which of several arguments are missing; its branches stand before it in the list.
    if (!term) continue;
    reported.add(known);
    reportFault(context, unit, known, term, fault);
  }
}

/** A schema `anyOf: [{ required: [a] }, { required: [b] }]`: at least one of them must be there. */
function reportMissingOneOf(context: Context, unit: Unit, faults: readonly Fault[]): void {
  const names = faults
    .filter(
      ({ keyword, instancePath, schemaPath }) =>
        keyword === 'required' && instancePath === '' && schemaPath.startsWith('#/anyOf/'),
    )
    .map((fault) => String(fault.params.missingProperty));
  if (names.some((name) => isBad(unit, `/${name}`))) return;
  context.report('missing-one-of', { owner: unit.owner, names }, { at: unit.at });
}

function isBad(unit: Unit, place: string): boolean {
  for (let at = place; ; at = at.slice(0, at.lastIndexOf('/'))) {
    if (unit.bad.has(at)) return true;
    if (at === '') return false;
  }
}

/** The place itself, or the nearest above it that was written. */
function nearestPlace(unit: Unit, place: string): string {
  let at = place;
  while (at !== '' && !unit.terms.has(at)) at = at.slice(0, at.lastIndexOf('/'));
  return at;
}

function reportFault(context: Context, unit: Unit, place: string, term: Term, fault: Fault): void {
  const schema = unit.schemas.get(place) ?? {};
  const name = nameAt(place);
  const found = describeTerm(term);
  const where: Where = {
    at: term.span,
    ...(term.through && { also: [{ at: term.through.span, note: `\`${term.through.name}\` gets its value here` }] }),
  };
  const owner = unit.owner;

  if (fault.keyword === 'type' || fault.keyword === 'const' || fault.keyword === 'anyOf' || fault.keyword === 'enum') {
    const expected = expectedOf(schema);
    const counts = [schema, ...(schema.anyOf ?? [])].some((one) => countOf(one) !== undefined);
    if (term.kind === 'list' && counts && term.items.length > 0) {
      const found = `a list of ${term.items.length}`;
      context.report('wrong-type', { owner, name, expected, found }, where);
    } else if (term.kind === 'quantity') {
      context.report(
        'unit-mismatch',
        { owner, name, expected, found },
        { ...where, ...quantityHelp(schema, term, name) },
      );
    } else if (term.kind === 'word' && !term.arguments && wantsNumber(schema) && !speltHere(schema, term)) {
      context.report('word-for-number', { word: term.text }, { ...where, ...context.lets.nearLets(term.text) });
    } else {
      context.report('wrong-type', { owner, name, expected, found }, { ...where, ...repair(schema, term) });
    }
    return;
  }
  const range = rangeOf(schema) || (schema.anyOf?.map(rangeOf).find((one) => one !== '') ?? '');
  const limits: Record<string, () => string> = {
    minItems: () => `a list of at least ${fault.params.limit} ${fault.params.limit === 1 ? 'value' : 'values'}`,
    maxItems: () => `a list of at most ${fault.params.limit} values`,
    uniqueItems: () => 'a list in which nothing stands twice',
    minLength: () => 'a string that is not empty',
    maxLength: () =>
      `a string of at most ${fault.params.limit} ${fault.params.limit === 1 ? 'character' : 'characters'}`,
    minProperties: () => 'a map that is not empty',
    pattern: () => (name === 'sha256' ? '64 hexadecimal digits' : `of the form ${String(fault.params.pattern)}`),
    multipleOf: () => `a multiple of ${fault.params.multipleOf}`,
  };
  const expected = limits[fault.keyword]?.() ?? (range || 'another value');
  const value = term.kind === 'number' ? showNumber(term.value) : found;
  // Keras works out the extent that is -1.
  const isOpen = term.kind === 'number' && term.value === -1 && unit.schemas.get(parentOf(place))?.spread === true;
  const help = isOpen ? ['write the number: extents are not worked out from the others here'] : [];
  context.report('out-of-range', { owner, name, expected, found: value }, { ...where, help });
}

function parentOf(place: string): string {
  return place.slice(0, place.lastIndexOf('/'));
}

function wantsNumber(schema: ArgumentSchema): boolean {
  return typesOf(schema).some((type) => type === 'number' || type === 'integer');
}

function quantityHelp(
  schema: ArgumentSchema,
  term: Term & { readonly kind: 'quantity' },
  name: string,
): Pick<Where, 'label' | 'help'> {
  if (countsIn(schema, term)) return {};
  if (name === 'epochs' && term.unit.text.replace(/s$/, '') === 'step')
    return { help: [`write \`steps: ${showNumber(term.value)}\` instead of \`epochs\``] };
  const label = `\`${term.unit.text}\` does not fit here`;
  return schema.counts ? { label: `${label}: \`${name}\` counts ${schema.counts}` } : { label };
}

/** What a value that stands alone is as the only one of a list. */
function insideBrackets(schema: ArgumentSchema, term: Term & { readonly kind: 'word' | 'number' }): string {
  if (term.kind === 'number') return showNumber(term.value);
  const items = (schema.anyOf?.[0] ?? schema).items;
  const known = items?.registry === undefined || findWord(items.registry, term.text) !== undefined;
  const word = known ? term.text : (meantWord(items!.registry!, term.text) ?? term.text);
  if (!term.arguments) return word;
  const { source, start, end } = term.span;
  const written = source.text.slice(start, end);
  // In YAML and over several lines a call looks otherwise than it would here.
  return known && /^\w+\([^\n]{0,60}\)$/.test(written) ? word + written.slice(written.indexOf('(')) : `${word}(…)`;
}

/** How others write what is `true` or `false` here. */
const SPELT_BOOLEANS: Readonly<Record<string, string>> = {
  on: 'true',
  yes: 'true',
  True: 'true',
  off: 'false',
  no: 'false',
  False: 'false',
};

/** How others write that there is none of what `off` leaves out here. */
const SPELT_OFF: readonly string[] = ['no', 'none', 'None', 'null', 'false', 'False', 'never'];

/** What a word says that has another spelling here; undefined if it has none. */
export function speltHere(schema: ArgumentSchema, { text }: Term & { readonly kind: 'word' }): string | undefined {
  if (typesOf(schema).includes('boolean')) return SPELT_BOOLEANS[text];
  return schema.off && SPELT_OFF.includes(text) ? OFF : undefined;
}

function repair(schema: ArgumentSchema, term: Term): Pick<Where, 'label' | 'help'> {
  const words = wordsFor(schema);
  const spelt = term.kind === 'word' ? speltHere(schema, term) : undefined;
  const near = spelt ?? (term.kind === 'word' ? nearest(term.text, words) : undefined);
  const [type] = typesOf(schema.anyOf?.[0] ?? schema);
  const isItem = type === 'array' && !choicesOf(schema) && (term.kind === 'word' || term.kind === 'number');
  if (term.kind === 'word' && words.length > 0 && !(isItem && near === undefined)) {
    return {
      ...(near !== undefined && { label: spelt === undefined ? `did you mean \`${near}\`?` : `write \`${near}\`` }),
      // What was expected has said one by itself.
      ...(words.length > 1 && { help: [`it can be ${listWords(words)}`] }),
    };
  }
  if (
    term.kind === 'string' &&
    wantsNumber(schema) &&
    term.value.trim() !== '' &&
    Number.isFinite(Number(term.value))
  ) {
    return { label: 'write it without quotes' };
  }
  return isItem ? { label: `put it in brackets: \`[${insideBrackets(schema, term)}]\`` } : {};
}
