import type { TSchema } from '../ir/kind.js';
import { phase, sections } from './sections.js';
import { registryNames, vocabulary } from './vocabulary.js';

/**
 * Every schema that stage 1 validates with, by the name of its validator: `layer.Dense`, `section.train`. scripts/generate-validators.mjs compiles
 * them. Calls inside a value are validated by themselves, so a section in a section is, too.
 */
export function schemas(): Readonly<Record<string, TSchema>> {
  const all: Record<string, TSchema> = {};
  for (const registry of registryNames) {
    for (const kind of Object.values(vocabulary[registry].table)) all[`${registry}.${kind.keyword}`] = kind.schema;
  }
  for (const section of [...Object.values(sections), phase]) all[`section.${section.keyword}`] = section.schema;
  return all;
}

/** Keywords of our own in the schemas: they steer how values are read and do not validate. */
export const annotationKeywords = [
  'registry',
  'indices',
  'interval',
  'duration',
  'counts',
  'spread',
  'width',
  'oneOrList',
  'section',
  'absent',
  'off',
] as const;
