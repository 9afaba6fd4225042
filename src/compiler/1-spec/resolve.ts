import { nearest } from '../../diagnostics/did-you-mean.js';
import { cover, type Span } from '../../diagnostics/source.js';
import type { NameNode } from '../../dsl/document.js';
import type { Call, Duration, Kind, RegistryName } from '../../ir/kind.js';
import { namesElsewhere } from '../names-elsewhere.js';
import { sections, type SectionKind, phase } from '../sections.js';
import { findWord, registriesOf, spellingsOf, vocabulary, wordsOf } from '../vocabulary.js';
import { type Context, listWords } from './context.js';
import { type ArgumentSchema, choicesOf, countsIn, expectedOf, knowsWord, schemaOf, typesOf } from './expected.js';
import { validate } from './faults.js';
import { type Override, reportMiss } from './overrides.js';
import { type ArgumentTerm, countText, describeTerm, showNumber, type Term } from './term.js';
import { nameAt, pointer, Unit } from './unit.js';

/** Arguments by name, as written; defaults are not in it. */
export type Written = ReadonlyMap<string, Term>;

/** What messages call a word of a table. */
function ownerName(registry: RegistryName, kind: Kind): string {
  return registry === 'annotation' ? `@${kind.keyword}` : kind.keyword;
}

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

function reportUnknownArgument(context: Context, registry: RegistryName, kind: Kind, name: string, at: Span): void {
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
    if (term) {
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

/** A value as the validator sees it when the schema gives it no other reading. */
function raw(term: Term): unknown {
  switch (term.kind) {
    case 'number':
      return term.value;
    case 'string':
      return term.value;
    case 'word':
      return term.arguments ? {} : term.text;
    case 'list':
      return [];
    default:
      return {};
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
  if (term.kind === 'word') return resolveWord(context, registry, term, override);
  if (term.kind === 'number' && registry === 'split') return numberAsSplit(context, term, unit, place);
  if (term.kind === 'number' && typesOf(schema).includes('number')) return term.value;
  if (term.kind === 'quantity') return reportQuantity(context, term, unit, place, expectedOf(schema));
  const quoted = term.kind === 'string' && findWord(registry, term.value);
  context.report(
    'wrong-type',
    { owner: unit.owner, name: nameAt(place), expected: expectedOf(schema), found: describeTerm(term) },
    {
      at: term.span,
      ...(quoted && { label: `write ${(term as { value: string }).value} without quotes` }),
      help: [`${vocabulary[registry].many}: ${listWords(wordsOf(registry))}`],
    },
  );
  return undefined;
}

/** A word or call of a table, with its arguments. Undefined after a report. */
function resolveWord(
  context: Context,
  registry: RegistryName,
  term: Term & { readonly kind: 'word' },
  override?: Override,
): Call | undefined {
  // Rows that are held out may come from a source of their own: `validation: csv("b.csv")`.
  if (registry === 'split' && !findWord('split', term.text) && findWord('source', term.text))
    return resolveWord(context, 'source', term, override);
  const kind = findWord(registry, term.text);
  if (!kind) {
    reportUnknownWord(context, registry, term.text, term.wordSpan);
    return undefined;
  }
  const written = bindArguments(context, registry, kind, term.arguments ?? []);
  const { values } = resolveArguments(context, registry, kind, written, term.span, override);
  return { word: kind.keyword, arguments: values };
}

/** More words than these are a page of their own. */
const SHORT_LIST = 16;

/** `more` are words that may stand there, too: the file's blocks among layers. */
export function reportUnknownWord(
  context: Context,
  registry: RegistryName,
  word: string,
  at: Span,
  more: readonly string[] = [],
): void {
  if (registry === 'layer' && word === 'Masking') {
    context.report('no-masks', { name: word }, { at, help: ['leave the layer out', 'dnc explain no-masks'] });
    return;
  }
  const known = registry === 'split' ? [...spellingsOf('split'), ...spellingsOf('source')] : spellingsOf(registry);
  const ours = namesElsewhere[registry];
  const near =
    ours && Object.hasOwn(ours, word) ? ours[word] : nearest(word, [...more, ...known, ...context.lets.names]);
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
  const help = near === undefined ? [`${many}: ${listWords([...more, ...words], SHORT_LIST)}`, ...all] : [];
  const where = { at, ...(label !== undefined && { label }), help };
  if (registry === 'layer') context.report('unknown-layer', { word }, where);
  else if (registry === 'annotation') context.report('unknown-annotation', { word }, where);
  else context.report('unknown-word', { word, what: one }, where);
}

function numberAsSplit(context: Context, term: Term & { readonly kind: 'number' }, unit: Unit, place: string): unknown {
  const inRange = term.percent ? term.value > 0 && term.value < 1 : Number.isSafeInteger(term.value) && term.value > 0;
  if (!inRange) {
    context.report(
      'out-of-range',
      {
        owner: unit.owner,
        name: nameAt(place),
        expected: term.percent ? 'more than 0% and less than 100%' : 'a whole number of rows, at least 1',
        found: term.percent ? `${showNumber(term.value * 100)}%` : showNumber(term.value),
      },
      {
        at: term.span,
        help: !term.percent && term.value > 0 && term.value < 1 ? ['a share is written in percent: `15%`'] : [],
      },
    );
    return undefined;
  }
  return term.percent
    ? { word: 'share', arguments: { fraction: term.value } }
    : { word: 'count', arguments: { rows: term.value } };
}

function reportQuantity(
  context: Context,
  term: Term & { readonly kind: 'quantity' },
  unit: Unit,
  place: string,
  expected: string,
): undefined {
  context.report(
    'unit-mismatch',
    { owner: unit.owner, name: nameAt(place), expected, found: describeTerm(term) },
    { at: term.span, label: `\`${term.unit.text}\` does not fit here` },
  );
  return undefined;
}

/** `10 epochs`, `500 steps`, or a bare number of the unit that the schema says. */
function durationValue(
  context: Context,
  schema: ArgumentSchema,
  bare: Duration['unit'],
  term: Term,
  unit: Unit,
  place: string,
): Duration | undefined {
  const details = { owner: unit.owner, name: nameAt(place), expected: expectedOf(schema), found: describeTerm(term) };
  if (term.kind !== 'quantity' && (term.kind !== 'number' || term.percent)) {
    context.report('wrong-type', details, { at: term.span });
    return undefined;
  }
  const written = term.kind === 'number' ? bare : `${term.unit.text.replace(/s$/, '')}s`;
  if (written !== 'epochs' && written !== 'steps') {
    const label = '`epochs` and `steps` are what training counts';
    context.report('unit-mismatch', details, { at: term.span, label });
    return undefined;
  }
  const amount = term.value;
  if (!(amount >= 0 && amount <= 1e12 && (written === 'epochs' || Number.isInteger(amount)))) {
    const expected = written === 'steps' ? 'a whole number of steps' : 'a number of epochs ≥ 0';
    context.report('out-of-range', { ...details, expected, found: showNumber(amount) }, { at: term.span });
    return undefined;
  }
  return { amount, unit: written };
}

/** Numbers and ranges become the numbers. */
function indexValue(context: Context, schema: ArgumentSchema, term: Term, unit: Unit, place: string): unknown {
  const items = term.kind === 'list' ? term.items : [term];
  const values: unknown[] = [];
  let usable = true;
  for (const item of items) {
    if (item.kind === 'broken') {
      usable = false;
    } else if (item.kind === 'range') {
      const range = wholeRange(context, item);
      if (!range) {
        usable = false;
        continue;
      }
      if (values.length + range.to - range.from >= context.limits.unitsPerLayer) {
        const found = countText(range.to - range.from + 1);
        const most = countText(context.limits.unitsPerLayer);
        context.report(
          'too-many-units',
          { layer: unit.owner, argument: nameAt(place), found, most },
          { at: item.span, help: [raiseUnits] },
        );
        usable = false;
        continue;
      }
      for (let index = range.from; index <= range.to; index++) {
        unit.terms.set(pointer(place, values.length), item);
        values.push(index);
      }
    } else {
      unit.terms.set(pointer(place, values.length), item);
      unit.schemas.set(pointer(place, values.length), schema.items ?? {});
      values.push(raw(item));
    }
  }
  return usable ? values : undefined;
}

export const raiseUnits = 'if it is meant, raise the limit with the environment variable DNC_MAX_UNITS';

function wholeRange(
  context: Context,
  term: Term & { readonly kind: 'range' },
): { readonly from: number; readonly to: number } | undefined {
  const ends = [term.from, term.to];
  if (ends.some((end) => end.kind === 'broken')) return undefined;
  const [from, to] = ends.map((end) =>
    end.kind === 'number' && Number.isSafeInteger(end.value) ? end.value : undefined,
  );
  if (from === undefined || to === undefined) {
    context.report('index-range', { reason: 'its ends must be whole numbers' }, { at: term.span });
    return undefined;
  }
  if (from > to) {
    context.report('index-range', { reason: 'it runs backwards' }, { at: term.span, label: `write ${to}..${from}` });
    return undefined;
  }
  return { from, to };
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
    context.report(
      'wrong-type',
      { owner: unit.owner, name: nameAt(place), expected: expectedOf(schema), found: describeTerm(term) },
      { at: term.span },
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
    context.report(
      'unknown-key',
      { section: owner, key },
      {
        at,
        ...(near !== undefined && { label: `did you mean \`${near}\`?` }),
        help: [`keys of ${owner}: ${listWords(names)}`],
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
