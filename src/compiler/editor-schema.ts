import type { Kind, RegistryName } from '../ir/kind.js';
import { SHARED } from './1-spec/blocks.js';
import { type ArgumentSchema, choicesOf, OFF, schemaOf, typesOf } from './1-spec/expected.js';
import { phase, type SectionKind, sections } from './sections.js';
import { registryNames, vocabulary } from './vocabulary.js';

/** JSON Schema, as far as it is used here. */
type Json = { readonly [key: string]: unknown };

/** A scalar that dnc reads: an expression, the name of a `let`, a call such as `adam(1e-3)`. */
const TEXT: Json = { type: 'string' };
const ANYTHING: Json = {};
const NAME: Json = { type: 'string', pattern: '^[A-Za-z_]\\w*(\\.[A-Za-z_]\\w*)*$' };

/**
 * The JSON Schema (draft-07) of a spec in YAML, for editors: completion, descriptions on hover, misspelt keys. It is made from the schemas that check a
 * spec. Every value may be text, since any may be an expression or a `let`; what a text says is dnc's to judge: `dnc check`. Kinds of layers and words of the tables are
 * one object each, with their own word required, under `anyOf`.
 */
export function editorSchema(): Json {
  const call = (registry: RegistryName): Json => ({ $ref: `#/definitions/${registry}` });
  const definitions: Record<string, Json> = {};
  for (const registry of registryNames) {
    const kinds = Object.values(vocabulary[registry].table);
    // Rows to hold out may be a bare number: a count.
    const bare = registry === 'split' ? [number({ type: 'number', minimum: 0 })] : [];
    // Each by itself here and below: validators of one schema that holds all of them need too large a stack.
    for (const kind of kinds) definitions[`${registry}.${kind.keyword}`] = { anyOf: objects(kind) };
    const calls = kinds.map((kind) => ({ $ref: `#/definitions/${registry}.${kind.keyword}` }));
    definitions[registry] = { anyOf: [words(kinds), TEXT, ...bare, ...calls] };
  }
  const layers = Object.values(vocabulary.layer.table);
  const own: Record<string, Json> = {
    name: { ...oneOrMore(NAME), description: 'What the layer is called; several names for several outputs.' },
    from: {
      anyOf: [NAME, { type: 'array', items: { anyOf: [NAME, { type: 'object' }] } }, { type: 'object' }],
      description: 'What it reads. Absent: the layer above.',
    },
    sparsity: { $ref: '#/definitions/sparsity' },
    with: {
      type: ['object', 'string'],
      description: 'Values for expanded layers, by path: `{ residual_2.conv1.filters: 44 }`.',
    },
  };
  definitions.sparsity = {
    ...oneOrMore(call('annotation')),
    description: 'Annotations: what drops units and weights. One, or a list.',
  };
  for (const kind of layers) definitions[`statement.${kind.keyword}`] = { anyOf: objects(kind, own) };
  definitions.layers = { type: 'array', items: { $ref: '#/definitions/statement' } };
  definitions.statement = {
    anyOf: [
      { enum: [...layers.map((kind) => kind.keyword), SHARED] },
      TEXT,
      {
        type: 'object',
        description: 'Layers that are repeated.',
        required: ['repeat', 'layers'],
        properties: {
          repeat: { anyOf: [number({ type: 'integer', minimum: 0 }), TEXT] },
          layers: { $ref: '#/definitions/layers' },
          with: own.with,
        },
        additionalProperties: false,
      },
      ...layers.map((kind) => ({ $ref: `#/definitions/statement.${kind.keyword}` })),
      {
        type: 'object',
        description: 'A layer or a block use once more, with the same weights, on another input.',
        required: [SHARED],
        properties: { name: own.name, from: own.from, [SHARED]: { ...NAME, description: 'Its name.' } },
        additionalProperties: false,
      },
      {
        type: 'object',
        description: 'A block of the file, by its name in small letters.',
        minProperties: 1,
        not: { anyOf: [{ required: ['repeat', 'layers'] }] },
        properties: own,
        propertyNames: { pattern: '^[a-z_]' },
      },
    ],
  };
  const named = {
    outputs: { ...oneOrMore(NAME), description: 'The layers that come out. Absent: the last one.' },
    sparsity: { $ref: '#/definitions/sparsity' },
    layers: { $ref: '#/definitions/layers' },
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A dnc spec in YAML',
    description:
      'The network, its data, its training and how it is made smaller. `dnc help <word>` explains every word.',
    type: 'object',
    required: ['model'],
    properties: {
      dnc: { const: 1, description: 'The version of the language.' },
      let: { type: 'object', description: 'Values by name; `--set` changes them.', additionalProperties: ANYTHING },
      blocks: {
        type: 'object',
        description: 'Layers to use several times, by name.',
        additionalProperties: {
          type: 'object',
          required: ['layers'],
          properties: {
            parameters: { type: ['object', 'array', 'string'], description: 'Parameters with their defaults.' },
            inputs: { ...oneOrMore(NAME), description: 'What the block reads.' },
            ...named,
          },
          additionalProperties: false,
        },
      },
      model: {
        type: 'object',
        description: 'The network.',
        required: ['name', 'layers'],
        properties: { name: NAME, ...named },
        additionalProperties: false,
      },
      ...Object.fromEntries(Object.entries(sections).map(([key, kind]) => [key, section(kind)])),
    },
    additionalProperties: false,
    definitions,
  };
}

/** What the words of a table complete to; other text is no error. */
function words(kinds: readonly Kind[]): Json {
  return { enum: kinds.map((kind) => kind.keyword) };
}

/** A word with its arguments as a map, once for each of its spellings. */
function objects(kind: Kind, own: Readonly<Record<string, Json>> = {}): Json[] {
  const schema = schemaOf(kind.schema);
  const named = Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, one]) => [key, written(one)]));
  const given = Object.values(named);
  const held: Json = {
    description: kind.summary,
    anyOf: [
      // One positional argument, a list of them, or none.
      ...(given.length > 0 ? [given[0]!] : []),
      { type: ['null', 'number', 'string', 'boolean', 'array'] },
      { type: 'object', properties: named, additionalProperties: false },
    ],
  };
  return [kind.keyword, ...(kind.aliases ?? [])].map((word) => ({
    type: 'object',
    description: kind.summary,
    required: [word],
    properties: { ...named, ...own, [word]: held },
    additionalProperties: false,
  }));
}

function section(kind: SectionKind): Json {
  const schema = schemaOf(kind.schema);
  const [only, ...others] = Object.values(schema.properties ?? {});
  // `weights:` holds its one value itself.
  if (only?.registry && others.length === 0) return { ...written(only), description: kind.summary };
  const free = kind.free && { additionalProperties: written(schemaOf(kind.free)) };
  const keys = { ...map(schema), ...free };
  return { ...(kind.off ? { anyOf: [keys, { enum: [OFF] }] } : keys), description: kind.summary };
}

/** What a value of a schema may be in YAML. */
function written(schema: ArgumentSchema): Json {
  const told = {
    ...(schema.description !== undefined && { description: schema.description }),
    ...(schema.default !== undefined && { default: schema.default }),
  };
  return { ...told, anyOf: [...forms(schema), ...(schema.off ? [{ enum: [OFF] }] : []), TEXT] };
}

function forms(schema: ArgumentSchema): Json[] {
  const choices = choicesOf(schema);
  if (choices) return [{ enum: choices }];
  if (schema.anyOf) return schema.anyOf.flatMap(forms);
  const types = typesOf(schema);
  const numbers = types.filter((type) => type === 'number' || type === 'integer').map((type) => number(schema, type));
  if (schema.registry) return [...numbers, { $ref: `#/definitions/${schema.registry}` }];
  if (schema.interval) return [];
  return [
    ...numbers,
    ...types.flatMap((type): Json[] => {
      switch (type) {
        case 'boolean':
          return [{ type: 'boolean' }];
        case 'string':
          // A plain scalar that looks like a number is one to other readers of YAML.
          return [{ type: ['number', 'boolean'] }];
        case 'array':
          return [
            { type: 'array', items: schema.items ? written(schema.items) : ANYTHING },
            ...(schema.spread || schema.oneOrList ? forms(schema.items ?? {}) : []),
          ];
        case 'object':
          return [
            schema.section !== undefined && !schema.patternProperties ? map(schemaOf(phase.schema)) : map(schema),
          ];
        default:
          return [];
      }
    }),
  ];
}

function number(schema: ArgumentSchema, type: unknown = schema.type): Json {
  const bounds = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] as const;
  return {
    type,
    ...Object.fromEntries(bounds.flatMap((key) => (schema[key] === undefined ? [] : [[key, schema[key]]]))),
  };
}

/** A map: its keys, or any key where the schema leaves them free. */
function map(schema: ArgumentSchema): Json {
  const free = Object.values(schema.patternProperties ?? {})[0];
  const properties = Object.entries(schema.properties ?? {}).map(([key, one]) => [key, written(one)] as const);
  return {
    type: 'object',
    ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
    additionalProperties: free ? written(free) : false,
  };
}

function oneOrMore(one: Json): Json {
  return { anyOf: [one, { type: 'array', items: one }] };
}
