import { describe, expect, it } from 'vitest';
import { type ArgumentSchema, schemaOf } from '../../src/compiler/1-spec/expected.js';
import { schemas } from '../../src/compiler/schemas.js';
import { phase, sections } from '../../src/compiler/sections.js';
import { findWord, registryNames, spellingsOf, vocabulary } from '../../src/compiler/vocabulary.js';
import { validators } from '../../src/generated/validators.js';
import type { Kind } from '../../src/ir/kind.js';

const kinds: [string, Kind][] = [
  ...registryNames.flatMap((registry) =>
    Object.values(vocabulary[registry].table).map((kind): [string, Kind] => [`${registry} ${kind.keyword}`, kind]),
  ),
  ...[...Object.values(sections), phase].map((kind): [string, Kind] => [`section ${kind.keyword}`, kind]),
];

describe.each(kinds)('%s', (_, kind) => {
  it('documents every argument once, in its schema', () => {
    expect(kind.summary).toMatch(/\.$/);
    for (const [name, schema] of Object.entries(schemaOf(kind.schema).properties ?? {})) {
      expect(schema.description, name).toBeTruthy();
    }
  });

  it('names words that exist as defaults', () => {
    const defaults = (schema: ArgumentSchema): void => {
      if (schema.registry && typeof schema.default === 'string') {
        expect(findWord(schema.registry, schema.default)).toBeDefined();
      }
      for (const inner of Object.values(schema.properties ?? {})) defaults(inner);
      if (schema.items) defaults(schema.items);
    };
    defaults(schemaOf(kind.schema));
  });
});

it('lists every word under its keyword, and no spelling twice', () => {
  for (const registry of registryNames) {
    for (const [name, kind] of Object.entries(vocabulary[registry].table)) expect(kind.keyword).toBe(name);
    const spellings = spellingsOf(registry);
    expect(new Set(spellings).size, registry).toBe(spellings.length);
  }
});

it('has a compiled validator for every schema', () => {
  expect(Object.keys(validators).sort()).toEqual(Object.keys(schemas()).sort());
});
