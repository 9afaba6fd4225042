import { nearest } from '../../diagnostics/did-you-mean.js';
import type { Span } from '../../diagnostics/source.js';
import type { NameNode } from '../../dsl/document.js';
import type { Call, Kind, RegistryName } from '../../ir/kind.js';
import { sections, type SectionKind, phase } from '../sections.js';
import { findWord, vocabulary, wordsOf } from '../vocabulary.js';
import { type Context, listWords } from './context.js';
import {
  type ArgumentSchema,
  choicesOf,
  countsIn,
  OFF,
  expectedOf,
  knowsWord,
  rangeOf,
  schemaOf,
  typesOf,
} from './expected.js';
import { speltHere, validate } from './faults.js';
import { type Override, reportMiss } from './overrides.js';
import { describeTerm, type Term } from './term.js';
import { meantWord, ownerName, reportUnknownArgument, reportUnknownWord } from './unknown.js';
import { bindArguments, type Written } from './bind.js';
import { durationValue, indexValue, numberAsSplit, raw, reportQuantity, wholeRange } from './plain-values.js';
import { nameAt, pointer, Unit } from './unit.js';

/** Resolves and validates the arguments of one word: defaults filled in, nested calls resolved. */
export function resolveArguments(
  context: Context,
  registry: RegistryName,
  kind: Kind,
  written: Written,
  at: Span,
  override?: Override,
): { readonly values: Readonly<Record<string, unknown>>; readonly unit: Unit } {
  const unit = new Unit(`${registry}.${kind.keyword}`, ownerName(registry, kind), at);
  for (const [name, child] of override?.children ?? []) {
    if (!Object.hasOwn(schemaOf(kind.schema).properties ?? {}, name)) {
      reportUnknownArgument(context, registry, kind, name, child.span);
    }
  }
  const values = resolveProperties(context, schemaOf(kind.schema), written, unit, '', override, (name, expected) =>
    context.report('missing-argument', { owner: unit.owner, name, expected }, { at, label: `\`${name}\` is missing` }),
  );
  validate(context, unit, values);
  return { values, unit };
}

/** Resolves the properties of an object; a property without value takes its default or is reported as missing. */
function resolveProperties(
  context: Context,
  schema: ArgumentSchema,
  written: Written,
  unit: Unit,
  parent: string,
  override: Override | undefined,
  missing: (name: string, expected: string) => void,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const place = pointer(parent, name);
    const above = override?.child(name);
    const term = above?.value ? above.term(context) : written.get(name);
    if (term && property.off && isOff(term)) {
      unit.off.add(place);
      if (above) reportNothingThere(context, above);
    } else if (term) {
      const value = resolveValue(context, property, term, unit, place, above);
      if (value !== undefined) values[name] = value;
    } else if (property.default !== undefined) {
      values[name] = defaultValue(context, property, unit.at, above);
    } else if (above) {
      reportNothingThere(context, above);
      unit.bad.add(place);
    } else if (schema.required?.includes(name)) {
      missing(name, expectedOf(property));
      unit.bad.add(place);
    }
  }
  return values;
}

/** Whether a value is the word that switches off what is optional. */
export function isOff(term: Term): boolean {
  return term.kind === 'word' && term.text === OFF && !term.arguments;
}

function reportNothingThere(context: Context, override: Override): void {
  const below = [...override.children.values()];
  if (below.length === 0) return;
  for (const child of below) {
    const whole = child.place ? `\`${override.address}: …\`` : `--set '${override.address}=…'`;
    reportMiss(context, child, `the spec does not write \`${override.address}\``, {
      help: [`set all of it: ${whole}`],
    });
  }
}

/** The value that a schema names as its default, calls resolved. */
export function defaultValue(context: Context, schema: ArgumentSchema, at: Span, override?: Override): unknown {
  const given = schema.default;
  if (schema.registry && typeof given === 'string') {
    const known = override ? undefined : context.defaults.get(schema);
    if (known) return known;
    const kind = findWord(schema.registry, given);
    if (!kind) throw new Error(`the default ${given} is not ${vocabulary[schema.registry].one}`);
    const { values } = resolveArguments(context, schema.registry, kind, new Map(), at, override);
    const call: Call = { word: kind.keyword, arguments: values };
    if (!override) context.defaults.set(schema, call);
    return call;
  }
  if (override) reportNothingThere(context, override);
  return structuredClone(given);
}

/**
 * Reads a value as its schema asks. What cannot be read as anything else is handed to the validator as it is, which then says what was expected.
 * Undefined after a report.
 */
export function resolveValue(
  context: Context,
  schema: ArgumentSchema,
  term: Term,
  unit: Unit,
  place: string,
  override?: Override,
): unknown {
  unit.terms.set(place, term);
  unit.schemas.set(place, schema);
  const value = readAs(context, schema, term, unit, place, override);
  if (value === undefined) unit.bad.add(place);
  return value;
}

function readAs(
  context: Context,
  schema: ArgumentSchema,
  term: Term,
  unit: Unit,
  place: string,
  override: Override | undefined,
): unknown {
  if (term.kind === 'broken') return undefined;
  if (term.through && knowsWord(schema, term.through.name)) {
    const at = context.lets.nameSpan(term.through.name);
    const meaning = schema.registry ? vocabulary[schema.registry].one : 'a word';
    context.report(
      'hidden-word',
      { name: term.through.name, meaning },
      {
        at,
        also: [{ at: term.span, note: `means the \`let\` here` }],
        help: ['rename the `let` if the other is meant'],
      },
    );
  }
  if (override && override.children.size > 0 && !takesChildren(schema)) {
    for (const child of override.children.values()) {
      reportMiss(context, child, `\`${override.address}\` has no parts`);
    }
  }
  if (schema.registry) return registryValue(context, schema, schema.registry, term, unit, place, override);
  if (schema.indices) return indexValue(context, schema, term, unit, place);
  if (schema.duration) return durationValue(context, schema, schema.duration, term, unit, place);
  if (schema.counts && term.kind === 'quantity' && countsIn(schema, term)) return term.value;
  if (schema.interval && term.kind === 'range') {
    const ends = wholeRange(context, term);
    return ends && [ends.from, ends.to];
  }
  if (schema.anyOf && !choicesOf(schema)) {
    const branch = schema.anyOf.find((one) => accepts(one, term));
    return branch ? readAs(context, branch, term, unit, place, override) : raw(term);
  }
  const [type] = typesOf(schema);
  if (type === 'boolean' && term.kind === 'word' && !term.arguments && /^(true|false)$/.test(term.text)) {
    return term.text === 'true';
  }
  if (type === 'array') return arrayValue(context, schema, term, unit, place);
  if (type === 'object') return objectValue(context, schema, term, unit, place, override);
  if (type === 'string' && term.kind === 'word' && term.arguments === undefined) return term.text;
  return raw(term);
}

function takesChildren(schema: ArgumentSchema): boolean {
  return (
    schema.registry !== undefined ||
    (typesOf(schema).includes('object') && !schema.duration) ||
    (schema.anyOf?.some(takesChildren) ?? false)
  );
}

function accepts(schema: ArgumentSchema, term: Term): boolean {
  const types = typesOf(schema);
  switch (term.kind) {
    case 'number':
      return types.includes('number') || types.includes('integer');
    case 'list':
      return types.includes('array');
    case 'map':
      return types.includes('object') && !schema.registry && !schema.duration;
    case 'string':
      return types.includes('string');
    case 'word':
      return (
        (schema.registry !== undefined && findWord(schema.registry, term.text) !== undefined) ||
        types.includes('string') ||
        schema.const === term.text ||
        (types.includes('boolean') && /^(true|false)$/.test(term.text))
      );
    default:
      return false;
  }
}

function registryValue(
  context: Context,
  schema: ArgumentSchema,
  registry: RegistryName,
  term: Term,
  unit: Unit,
  place: string,
  override: Override | undefined,
): unknown {
  if (term.kind === 'word') {
    const number = typesOf(schema).includes('number')
      ? `a number${rangeOf(schema) && ` ${rangeOf(schema)}`}`
      : undefined;
    return resolveWord(context, registry, term, override, number);
  }
  if (term.kind === 'number' && registry === 'split') return numberAsSplit(context, term, unit, place);
  if (term.kind === 'number' && typesOf(schema).includes('number')) return term.value;
  if (term.kind === 'quantity') return reportQuantity(context, term, unit, place, expectedOf(schema));
  const meant = term.kind === 'string' ? unquoted(schema, registry, term.value) : undefined;
  context.report(
    'wrong-type',
    { owner: unit.owner, name: nameAt(place), expected: expectedOf(schema), found: describeTerm(term) },
    {
      at: term.span,
      ...(meant !== undefined && { label: `write \`${meant}\` without quotes` }),
      help: [`${vocabulary[registry].many}: ${listWords(wordsOf(registry))}`],
    },
  );
  return undefined;
}

/** What a string in the place of a word or a number most likely means. */
function unquoted(schema: ArgumentSchema, registry: RegistryName, text: string): string | undefined {
  const isNumber = text.trim() !== '' && Number.isFinite(Number(text));
  if (isNumber && typesOf(schema).includes('number')) return text.trim();
  return findWord(registry, text) ? text : meantWord(registry, text);
}

/** A word or call of a table, with its arguments. Undefined after a report. */
function resolveWord(
  context: Context,
  registry: RegistryName,
  term: Term & { readonly kind: 'word' },
  override?: Override,
  /** Which number may stand there, too. */
  number?: string,
): Call | undefined {
  // Rows that are held out may come from a source of their own: `validation: csv("b.csv")`.
  if (registry === 'split' && !findWord('split', term.text) && findWord('source', term.text))
    return resolveWord(context, 'source', term, override);
  const kind = findWord(registry, term.text);
  if (!kind) {
    reportUnknownWord(context, registry, term.text, term.wordSpan, [], number);
    return undefined;
  }
  const written = bindArguments(context, registry, kind, term.arguments ?? []);
  const { values } = resolveArguments(context, registry, kind, written, term.span, override);
  return { word: kind.keyword, arguments: values };
}

function arrayValue(context: Context, schema: ArgumentSchema, term: Term, unit: Unit, place: string): unknown {
  const single = term.kind !== 'list' && (schema.oneOrList || (schema.spread && term.kind === 'number'));
  if (term.kind !== 'list' && !single) return raw(term);
  const items = term.kind === 'list' ? term.items : [term];
  const values = items.map((item, k) => resolveValue(context, schema.items ?? {}, item, unit, pointer(place, k)));
  return values.every((value) => value !== undefined) ? values : undefined;
}

function objectValue(
  context: Context,
  schema: ArgumentSchema,
  term: Term,
  unit: Unit,
  place: string,
  override: Override | undefined,
): unknown {
  if (term.kind !== 'map') {
    const spelt = term.kind === 'word' ? speltHere(schema, term) : undefined;
    context.report(
      'wrong-type',
      { owner: unit.owner, name: nameAt(place), expected: expectedOf(schema), found: describeTerm(term) },
      { at: term.span, ...(spelt !== undefined && { label: `write \`${spelt}\`` }) },
    );
    return undefined;
  }
  return resolveMap(context, schema, term, unit, place, override);
}

/** The entries of a map by key. The reader reports a key given twice. */
function entriesOf(term: Term & { readonly kind: 'map' }): Map<string, { key: NameNode; value: Term }> {
  const entries = new Map<string, { key: NameNode; value: Term }>();
  for (const entry of term.entries) if (!entries.has(entry.key.text)) entries.set(entry.key.text, entry);
  return entries;
}

/** A map of known keys (a section), or of free ones (`phases`, `inputs`). */
export function resolveMap(
  context: Context,
  schema: ArgumentSchema,
  term: Term & { readonly kind: 'map' },
  unit: Unit,
  place: string,
  override?: Override,
): Record<string, unknown> | undefined {
  const entries = entriesOf(term);
  const free = Object.values(schema.patternProperties ?? {})[0];
  if (free) return resolveFree(context, free, entries, unit, place, override);

  const owner = place === '' ? unit.owner : nameAt(place);
  const section: SectionKind | undefined =
    schema.section === phase.keyword ? phase : Object.values(sections).find((one) => one.keyword === unit.owner);
  const names = Object.keys(schema.properties ?? {});
  const written = new Map<string, Term>();
  const unknown = (key: string, at: Span) => {
    if (section?.later.includes(key)) {
      context.report('not-yet', { what: `\`${key}\` in \`${owner}\`` }, { at });
      return;
    }
    const near = nearest(key, names);
    const optimizers = names.includes('optimizer') ? optimizersWith(key) : [];
    const optimizer = optimizers.includes('adam') ? 'adam' : optimizers[0];
    context.report(
      'unknown-key',
      { section: owner, key },
      {
        at,
        ...(near !== undefined && { label: `did you mean \`${near}\`?` }),
        help: [
          ...(optimizer === undefined ? [] : [`it is the optimizer's: \`optimizer: ${optimizer}(${key}: …)\``]),
          `keys of ${owner}: ${listWords(names)}`,
        ],
      },
    );
  };
  for (const { key, value } of entries.values()) {
    if (Object.hasOwn(schema.properties ?? {}, key.text)) written.set(key.text, value);
    else unknown(key.text, key.span);
  }
  for (const [name, child] of override?.children ?? []) {
    if (!Object.hasOwn(schema.properties ?? {}, name)) unknown(name, child.span);
  }
  return resolveProperties(context, schema, written, unit, place, override, (key, expected) =>
    context.report('missing-key', { section: owner, key, expected }, { at: unit.at }),
  );
}

/** The optimizers with an argument of that name. */
function optimizersWith(argument: string): string[] {
  return wordsOf('optimizer').filter((word) =>
    Object.hasOwn(schemaOf(findWord('optimizer', word)!.schema).properties ?? {}, argument),
  );
}

function resolveFree(
  context: Context,
  schema: ArgumentSchema,
  entries: ReadonlyMap<string, { key: NameNode; value: Term }>,
  unit: Unit,
  place: string,
  override: Override | undefined,
): Record<string, unknown> {
  // A null prototype: a key may be `__proto__`.
  const values: Record<string, unknown> = Object.create(null);
  const names = new Set([...entries.keys(), ...(override?.children.keys() ?? [])]);
  for (const name of names) {
    const above = override?.child(name);
    const term = above?.value ? above.term(context) : entries.get(name)?.value;
    if (!term) {
      if (above) {
        for (const child of above.children.values()) {
          const known = listWords([...entries.keys()]);
          reportMiss(context, child, `there is no \`${name}\``, { help: [`there is ${known}`] });
        }
      }
      continue;
    }
    const value = resolveValue(context, schema, term, unit, pointer(place, name), above);
    if (value !== undefined) values[name] = value;
  }
  return values;
}
