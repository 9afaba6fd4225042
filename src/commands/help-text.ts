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

/** Everything that help knows: the words of all tables, their aliases, their keys and arguments, the words of the syntax, and the tables themselves. */
export function helpWords(): string[] {
  const words = registryNames.flatMap((registry) =>
    Object.values(vocabulary[registry].table).flatMap((kind) => [kind.keyword, ...(kind.aliases ?? [])]),
  );
  const tables = topics().map((topic) => topic.name);
  const properties = owners().flatMap(({ help }) => help.rows.map((row) => row.name));
  return [
    ...new Set([
      ...words,
      ...allSections.map((section) => section.keyword),
      ...tables,
      ...Object.keys(syntaxWords),
      ...properties,
    ]),
  ];
}

/**
 * The help of a word, of all its meanings where it has several, or of a table. `train.epochs` asks for the key of that section or word. Undefined
 * for a word that nothing knows.
 */
export function helpText(word: string): string | undefined {
  const plain = word.replace(/^@/, '');
  const topic = topics().find((one) => one.name === plain);
  if (topic) return topicText(topic);
  const parts = [
    ...(Object.hasOwn(syntaxWords, plain) ? [syntaxText(plain, syntaxWords[plain]!)] : []),
    ...allSections.filter((section) => section.keyword === plain).map((section) => text(sectionHelp(section))),
    ...registryNames.flatMap((registry) => {
      const kind = findWord(registry, plain);
      return kind ? [text(kindHelp(registry, kind))] : [];
    }),
    ...propertyTexts(plain),
    ...registryNames
      .filter((registry) => registry === plain)
      .map((registry) => topicText(topics().find((one) => one.name === vocabulary[registry].many)!)),
    ...laterTexts(plain),
  ];
  return parts.length > 0 ? parts.join('\n') : undefined;
}

/** The arguments or keys of a word, of all its meanings; undefined for a word that nothing knows. */
export function argumentsOf(word: string): readonly string[] | undefined {
  const found = owners().filter(({ names }) => names.includes(word.replace(/^@/, '')));
  return found.length === 0 ? undefined : found.flatMap(({ help }) => help.rows.map(({ name }) => name));
}

/** What the grammar itself gives a meaning to. */
interface SyntaxWord {
  readonly what: string;
  readonly example: string;
}

export const syntaxWords: Readonly<Record<string, SyntaxWord>> = {
  dnc: { what: 'The first line may say which version of the language the spec is written in.', example: 'dnc 1' },
  model: {
    what: 'The network: its layers, one a line, each reading the one above unless `<-` says otherwise.',
    example: 'model Net {\n  image  = Input(28, 28)\n  pixels = Flatten()\n  digit  = Dense(10)\n}',
  },
  let: {
    what: 'Names a value for the whole spec; the command line changes it by `--set`.',
    example: 'let width = 300\nmodel Net {\n  image = Input(784)\n  fc1   = Dense(width)\n}',
  },
  block: {
    what: 'Names a group of layers that stand for one, with parameters, inputs and outputs. A use opens a scope of names: `residual_2.conv1`.',
    example:
      'block residual(units) <- x {\n  a = Dense(units, activation: relu)\n  b = Dense(units)\n  Add <- x, b\n}\nmodel Net {\n  Input(16)\n  residual(16)\n  Dense(1)\n}',
  },
  repeat: {
    what: 'Writes a group of layers several times, one behind the other; names within are numbered.',
    example: 'model Net {\n  Input(16)\n  repeat 3 { hidden = Dense(16, activation: relu) }\n  Dense(1) <- hidden_3\n}',
  },
  with: {
    what: 'Changes arguments of single layers behind a block use, a `repeat` or a layer; `name: off` takes a block use out.',
    example: 'repeat 3 { residual(16) } with {\n  residual_1.a.units: 11\n  residual_2: off\n}',
  },
  Shared: {
    what: 'A layer or a block use once more, with the same weights, on another input.',
    example: 'left  = Input(20)\nright = Input(20)\na = Dense(5) <- left\nb = Shared(a) <- right',
  },
};

const NOT_YET = 'This version does not have it yet.';

function syntaxText(word: string, { what, example }: SyntaxWord): string {
  return [
    word,
    ...wrap(`A word of the syntax. ${what}`, WIDTH),
    '',
    'Example:',
    ...example.split('\n').map((line) => `  ${line}`),
    '',
  ].join('\n');
}

/** What is in the language, and not in this version. */
function laterTexts(word: string): string[] {
  const key = word.slice(word.lastIndexOf('.') + 1);
  const owner = word
    .slice(0, -key.length - 1)
    .split('.')
    .at(-1);
  const holders = allSections.filter((section) => section.later.includes(key) && (!owner || owner === section.keyword));
  return [
    ...(holders.length > 0
      ? [`${key}\nA key of ${listed(holders.map((section) => `\`${section.keyword}\``))}. ${NOT_YET}\n`]
      : []),
  ];
}

interface Owner {
  readonly names: readonly string[];
  /** How it is called where its properties are described. */
  readonly shown: readonly string[];
  readonly help: WordHelp;
}

/** Everything that has keys or arguments. */
function owners(): Owner[] {
  return [
    ...allSections.map((section): Owner => {
      // The keys of `finetune` are those of a phase.
      const names = section === phase ? [phase.keyword, 'finetune'] : [section.keyword];
      return { names, shown: names.map((name) => `\`${name}\``), help: sectionHelp(section) };
    }),
    ...registryNames.flatMap((registry) =>
      Object.values(vocabulary[registry].table).map((kind): Owner => {
        const sign = registry === 'annotation' ? '@' : '';
        return {
          names: [kind.keyword, ...(kind.aliases ?? [])],
          shown: [`\`${sign}${kind.keyword}\``],
          help: kindHelp(registry, kind),
        };
      }),
    ),
  ];
}

/** What a key or an argument is, once for all owners that say the same of it. */
function propertyTexts(word: string): string[] {
  const name = word.slice(word.lastIndexOf('.') + 1);
  const of = word
    .slice(0, -name.length - 1)
    .split('.')
    .at(-1);
  const meanings = new Map<string, { row: WordHelp['rows'][number]; column: string; shown: string[]; more: string }>();
  for (const { names, shown, help } of owners()) {
    // Without an owner, a word whose own help has been given already says what its arguments are.
    if (of ? !names.includes(of.replace(/^@/, '')) : names.includes(name)) continue;
    for (const row of help.rows.filter((one) => one.name === name)) {
      const key = JSON.stringify([help.column, row]);
      const meaning = meanings.get(key) ?? { row, column: help.column, shown: [], more: names[0]! };
      meaning.shown.push(...shown);
      meanings.set(key, meaning);
    }
  }
  return [...meanings.values()].map(({ row, column, shown, more }) =>
    [
      name,
      ...wrap(`${column === 'key' ? 'A key' : 'An argument'} of ${listed(shown)}. ${row.description}`, WIDTH),
      '',
      ...wrap(`  takes    ${row.type}`, WIDTH, '           '),
      ...wrap(`  default  ${row.otherwise}`, WIDTH, '           '),
      '',
      `More: dnc help ${more}`,
      '',
    ].join('\n'),
  );
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
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
    'meaning',
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

/** Cells of fixed width and a last one that takes the rest. What is too long for its column goes on below, in the same column. */
function columns(cells: readonly (readonly [text: string, width: number])[], last: string): string[] {
  const room = Math.max(30, WIDTH - cells.reduce((sum, [, width]) => sum + width + 2, 2));
  const wrapped = [...cells, [last, room] as const].map(([cell, width]) => ({ parts: wrap(cell, width), width }));
  const height = Math.max(...wrapped.map(({ parts }) => parts.length));
  return Array.from({ length: height }, (_, k) =>
    `  ${wrapped.map(({ parts, width }) => (parts[k] ?? '').padEnd(width)).join('  ')}`.trimEnd(),
  );
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
    schedule: `train { loss: mse; optimizer: adam(${call}); epochs: 20 }`,
    source: `data { source: ${call} }`,
    split: `data { source: mnist; validation: ${kind.keyword === 'count' ? '5000' : kind.keyword === 'share' ? '15%' : call} }`,
    column: `data { source: csv("houses.csv"); columns { region: ${call} } }`,
    augmentation: `data { source: drawn_digits; augment: [${call}] }`,
    threshold: `simplify { threshold: ${call} }`,
    space: `data { source: mnist; validation: 5000 }\ntrain { loss: mse; optimizer: adam(1e-3); epochs: 20 }\nsweep { train.optimizer.learning_rate: ${call}; strategy: random; trials: 20 }`,
    file: `weights: ${call}`,
  };
  return places[registry];
}

/** A call with the arguments that it needs; an annotation with its first one; annotations and sources with those that their schema shows though they may be left out. */
function sampleCall(registry: RegistryName, kind: Kind): string {
  const { properties = {}, required = [] } = schemaOf(kind.schema);
  const names = Object.keys(properties);
  const shown = names.filter((name, k) => {
    const { default: given, examples } = properties[name]!;
    if (required.includes(name) && given === undefined) return true;
    const isShown = given === undefined && examples !== undefined && examples.length > 0;
    return (registry === 'annotation' && (k === 0 || isShown)) || (registry === 'source' && isShown);
  });
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
  const word = schema.registry && vocabulary[schema.registry].table[given as string];
  if (word) return sampleCall(schema.registry!, word);
  if (given !== undefined)
    return typeof given === 'string' && name !== 'during' && !choicesOf(schema) ? JSON.stringify(given) : plain(given);
  if (schema.duration) return schema.duration === 'steps' ? '500 steps' : '10 epochs';
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
      return `[${Array(Math.max(1, schema.minItems ?? 1))
        .fill(sample(schema.items ?? {}, name))
        .join(', ')}]`;
    default:
      return JSON.stringify(name === 'path' ? 'net.safetensors' : name);
  }
}
