import type { Reports } from '../diagnostics/report.js';
import type { Source } from '../diagnostics/source.js';
import type { Document } from '../dsl/document.js';
import type { Expected } from '../dsl/expected.js';
import { read } from '../dsl/read.js';
import type { RegistryName } from '../ir/kind.js';
import { type ArgumentSchema, schemaOf, typesOf } from './1-spec/expected.js';
import { phase, type SectionKind, sections } from './sections.js';
import { findWord, registriesOf } from './vocabulary.js';

/** Reads a spec, in .dn or in YAML by its name; the schemas tell maps from calls where YAML's text does not. Total, as `read`. */
export function readDocument(source: Source, reports: Reports): Document {
  return read(source, reports, document);
}

const named: Readonly<Record<string, ArgumentSchema>> = {
  ...Object.fromEntries(Object.entries(sections).map(([key, kind]) => [key, sectionSchema(kind)])),
  [phase.keyword]: schemaOf(phase.schema),
};

/** What a section holds, keys that are free among it. */
function sectionSchema(kind: SectionKind): ArgumentSchema {
  return { ...schemaOf(kind.schema), ...(kind.free && { patternProperties: { '': schemaOf(kind.free) } }) };
}

/** A document's entries. A section that is written as one value holds what its one argument would. */
const document: Expected = {
  map: true,
  knows: (word) => registriesOf(word).length > 0,
  below: (key) => {
    const schema = typeof key === 'string' && Object.hasOwn(named, key) ? named[key]! : undefined;
    if (!schema) return of({ type: 'object' });
    const [only, ...others] = Object.values(schema.properties ?? {});
    return only?.registry && others.length === 0 ? of(only) : of(schema);
  },
};

function of(schema: ArgumentSchema): Expected {
  return {
    map: isMap(schema),
    below: (step, callee) => of(callee === undefined ? within(schema, step) : argument(schema, step, callee)),
  };
}

/** Whether a schema takes keys in braces. */
function isMap(schema: ArgumentSchema): boolean {
  if (schema.registry) return false;
  if (schema.anyOf) return !schema.anyOf.some((one) => one.registry) && schema.anyOf.some(isMap);
  return typesOf(schema).includes('object');
}

/** What is at a key of a map, or in a list. */
function within(schema: ArgumentSchema, step: string | number): ArgumentSchema {
  if (schema.anyOf) {
    const [first] = schema.anyOf.map((one) => within(one, step)).filter((one) => Object.keys(one).length > 0);
    return first ?? {};
  }
  if (typeof step === 'number') return schema.items ?? {};
  const { properties } = schema;
  if (properties && Object.hasOwn(properties, step)) return properties[step]!;
  const free = Object.values(schema.patternProperties ?? {})[0];
  // A key that no schema knows will be refused; most that people look for there are maps.
  return free ?? (properties ? { type: 'object' } : {});
}

/** What an argument takes: of the word in the table that the place names, or in any table where it names none (a layer, a `let`). */
function argument(schema: ArgumentSchema, step: string | number, callee: string): ArgumentSchema {
  const tables: readonly RegistryName[] = schema.registry ? [schema.registry] : registriesOf(callee);
  for (const table of tables) {
    const kind = findWord(table, callee);
    const properties = Object.entries(kind ? (schemaOf(kind.schema).properties ?? {}) : {});
    const found = typeof step === 'number' ? properties[step] : properties.find(([name]) => name === step);
    if (found) return found[1];
  }
  return {};
}
