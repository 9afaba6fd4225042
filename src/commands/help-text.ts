import { type ArgumentSchema, choicesOf, expectedOf, schemaOf, typesOf } from '../compiler/1-spec/expected.js';
import { valueText } from '../compiler/1-spec/print.js';
import { phase, type SectionKind, sections } from '../compiler/sections.js';
import { findWord, registryNames, vocabulary } from '../compiler/vocabulary.js';
import type { Kind, RegistryName } from '../ir/kind.js';

/** Columns that help text may take. */
const WIDTH = 100;

/** A table of words that `dnc help` lists: `dnc help layers`. */
export interface Topic {
  readonly name: string;
  readonly words: readonly { readonly word: string; readonly summary: string }[];
}

const allSections: readonly SectionKind[] = [...Object.values(sections), phase];

/** Every table of the language with its words. */
export function topics(): Topic[] {
  const entry = (kind: Kind) => ({ word: kind.keyword, summary: kind.summary });
  return [
    { name: 'sections', words: allSections.map(entry) },
    ...registryNames.map((registry) => ({
      name: vocabulary[registry].many,
      words: Object.values(vocabulary[registry].table).map(entry),
    })),
  ];
}

/** Everything that help knows: the words of all tables, their aliases, and the tables themselves. */
export function helpWords(): string[] {
  const words = registryNames.flatMap((registry) =>
    Object.values(vocabulary[registry].table).flatMap((kind) => [kind.keyword, ...(kind.aliases ?? [])]),
  );
  const tables = topics().map((topic) => topic.name);
  return [...new Set([...words, ...allSections.map((section) => section.keyword), ...tables])];
}

/** The help of a word, of all its meanings where it has several, or of a table. Undefined for a word that nothing knows. */
export function helpText(word: string): string | undefined {
  const plain = word.replace(/^@/, '');
  const topic = topics().find((one) => one.name === plain);
  if (topic) return topicText(topic);
  const parts = [
    ...allSections.filter((section) => section.keyword === plain).map((section) => text(sectionHelp(section))),
    ...registryNames.flatMap((registry) => {
      const kind = findWord(registry, plain);
      return kind ? [text(kindHelp(registry, kind))] : [];
    }),
  ];
  return parts.length > 0 ? parts.join('\n') : undefined;
}

/** The words of a table, one a line. */
export function topicText({ name, words }: Topic): string {
  const longest = Math.max(...words.map(({ word }) => word.length));
  const lines = words.flatMap(({ word, summary }) => columns([[word, longest]], summary));
  return `${name}\n\n${lines.join('\n')}\n`;
}

/** What help and the reference say of one word, before it is laid out. */
export interface WordHelp {
  /** How it is written with all its arguments and their defaults. */
  readonly call: string;
  /** What it is: `a layer`. */
  readonly what: string;
  readonly kind: Kind;
  /** What its properties are called. */
  readonly column: 'key' | 'argument';
  readonly rows: readonly {
    readonly name: string;
    readonly type: string;
    readonly otherwise: string;
    readonly description: string;
  }[];
  readonly example: string;
}

/** Every section and every word, by table, in the order of `topics`. */
export function wordsByTopic(): { readonly name: string; readonly words: readonly WordHelp[] }[] {
  return [
    { name: 'sections', words: allSections.map(sectionHelp) },
    ...registryNames.map((registry) => ({
      name: vocabulary[registry].many,
      words: Object.values(vocabulary[registry].table).map((kind) => kindHelp(registry, kind)),
    })),
  ];
}

function sectionHelp(section: SectionKind): WordHelp {
  return wordHelp(`${section.keyword} { … }`, 'a section', section, 'key', section.example);
}

function kindHelp(registry: RegistryName, kind: Kind): WordHelp {
  const shown = registry === 'annotation' ? `@${kind.keyword}` : kind.keyword;
  const properties = schemaOf(kind.schema).properties ?? {};
  const given = Object.entries(properties).map(([name, schema]) =>
    schema.default === undefined ? name : `${name}: ${defaultText(schema)}`,
  );
  const call = given.length > 0 ? `${shown}(${given.join(', ')})` : shown;
  return wordHelp(call, vocabulary[registry].one, kind, 'argument', exampleOf(registry, kind));
}

function wordHelp(call: string, what: string, kind: Kind, column: WordHelp['column'], example: string): WordHelp {
  const { properties = {}, required = [] } = schemaOf(kind.schema);
  const rows = Object.entries(properties).map(([name, schema]) => ({
    name,
    type: expectedOf(schema).replace(/^an? /, ''),
    otherwise:
      schema.default === undefined
        ? (schema.absent ?? (required.includes(name) ? 'required' : 'none'))
        : defaultText(schema),
    description: schema.description ?? '',
  }));
  return { call, what, kind, column, rows, example };
}

function text({ call, what, kind, column, rows, example }: WordHelp): string {
  const width = (key: 'name' | 'type' | 'otherwise', title: string, most: number) =>
    Math.min(most, Math.max(title.length, ...rows.map((row) => row[key].length)));
  const [names, types, defaults] = [
    width('name', column, 24),
    width('type', 'takes', 30),
    width('otherwise', 'default', 18),
  ];
  const table = rows.flatMap((row) =>
    columns(
      [
        [row.name, names],
        [row.type, types],
        [row.otherwise, defaults],
      ],
      row.description,
    ),
  );
  const title = columns(
    [
      [column, names],
      ['takes', types],
      ['default', defaults],
    ],
    '',
  );
  return [
    ...wrap(call, WIDTH, '    '),
    ...wrap(`${capital(what)}. ${kind.summary}`, WIDTH),
    ...(kind.aliases?.length ? [`Also written ${kind.aliases.join(', ')}.`] : []),
    '',
    ...(rows.length > 0 ? [...title, ...table, ''] : []),
    'Example:',
    ...example.split('\n').map((line) => `  ${line}`),
    ...(kind.cite ? ['', ...wrap(`From: ${kind.cite}`, WIDTH, '  ')] : []),
    '',
  ].join('\n');
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Cells of fixed width and a last one that wraps in its own column. A cell that is too long pushes the rest to the next line. */
function columns(cells: readonly (readonly [text: string, width: number])[], last: string): string[] {
  let line = ' ';
  for (const [cell, width] of cells) line += ` ${cell.padEnd(width)} `;
  const indent = cells.reduce((sum, [, width]) => sum + width + 2, 2);
  const room = Math.max(30, WIDTH - indent);
  const [first = '', ...rest] = wrap(last, room);
  const pushed = cells.some(([cell, width]) => cell.length > width);
  if (pushed) return [line.trimEnd(), ...[first, ...rest].filter(Boolean).map((part) => ' '.repeat(indent) + part)];
  return [`${line} ${first}`.replace(/ $/, '').trimEnd(), ...rest.map((part) => ' '.repeat(indent) + part)];
}

function wrap(words: string, width: number, hanging = ''): string[] {
  const lines: string[] = [];
  for (const word of words.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(lines.length === 0 ? word : hanging + word);
  }
  return lines;
}

function defaultText(schema: ArgumentSchema): string {
  return valueText(schema, schema.default);
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plain).join(', ')}]`;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : JSON.stringify(value);
}

/** How a word is written where it belongs, made from its schema. */
export function exampleOf(registry: RegistryName, kind: Kind): string {
  const call = sampleCall(registry, kind);
  const places: Readonly<Record<RegistryName, string>> = {
    layer: call,
    activation: `Dense(300, activation: ${call})`,
    initializer: `Dense(300, kernel_initializer: ${call})`,
    annotation: `fc1 = Dense(300)  @${call}`,
    loss: `train { loss: ${call}; epochs: 20 }`,
    metric: `train { loss: mean_squared_error; metrics: [${call}]; epochs: 20 }`,
    optimizer: `train { loss: mean_squared_error; optimizer: ${call}; epochs: 20 }`,
    schedule: `train { loss: mean_squared_error; optimizer: adam(learning_rate: ${call}); epochs: 20 }`,
    source: `data { source: ${call} }`,
    split: `data { source: mnist; validation: ${kind.keyword === 'count' ? '5000' : kind.keyword === 'share' ? '15%' : call} }`,
    threshold: `simplify { threshold: ${call} }`,
    file: `weights: ${call}`,
  };
  return places[registry];
}

/** A call with the arguments that it needs; with its first one where it needs none and does nothing without. */
function sampleCall(registry: RegistryName, kind: Kind): string {
  const { properties = {}, required = [] } = schemaOf(kind.schema);
  const names = Object.keys(properties);
  const needed = names.filter((name) => required.includes(name) && properties[name]!.default === undefined);
  const shown = needed.length > 0 || registry !== 'annotation' ? needed : names.slice(0, 1);
  if (shown.length === 0) return kind.keyword;
  const inOrder = shown.every((name, k) => names[k] === name);
  const values = shown.map((name, k) => {
    const value = sample(properties[name]!, name);
    return inOrder && k === 0 ? value : `${name}: ${value}`;
  });
  return `${kind.keyword}(${values.join(', ')})`;
}

function sample(schema: ArgumentSchema, name: string): string {
  const [given] = schema.examples ?? [];
  if (given !== undefined)
    return typeof given === 'string' && !choicesOf(schema) ? JSON.stringify(given) : plain(given);
  if (schema.spread) return '[28, 28]';
  if (schema.indices) return '[0..27]';
  const choices = choicesOf(schema);
  if (choices) return choices[0]!;
  if (schema.registry && typesOf(schema)[0] === 'object') {
    const [kind] = Object.values(vocabulary[schema.registry].table);
    return schema.registry === 'activation' ? 'relu' : sampleCall(schema.registry, kind!);
  }
  const within = (value: number): number => {
    const least = schema.minimum ?? schema.exclusiveMinimum ?? Number.NEGATIVE_INFINITY;
    const most = schema.maximum ?? schema.exclusiveMaximum ?? Number.POSITIVE_INFINITY;
    return Math.min(Math.max(value, least), most);
  };
  switch (typesOf(schema)[0]) {
    case 'integer':
      return String(within(10));
    case 'number':
      return String(within((schema.maximum ?? schema.exclusiveMaximum) === 1 ? 0.5 : 0.001));
    case 'boolean':
      return 'true';
    case 'array':
      return `[${sample(schema.items ?? {}, name)}]`;
    default:
      return JSON.stringify(name === 'path' ? 'net.safetensors' : name);
  }
}
