import { Ajv, type ErrorObject } from 'ajv';
import { expect, test } from 'vitest';
import { annotationKeywords, schemas } from '../../../src/compiler/schemas.js';
import { type Fault, validators } from '../../../src/generated/validators.js';
import type { TSchema } from '../../../src/ir/kind.js';
import { seeded } from '../../support/random.js';

// The build writes validators that share their parts. Ajv on each schema by itself says what they must find.

const ajv = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true, strictRequired: false });
ajv.addVocabulary([...annotationKeywords]);

/** Values that some schema takes and others do not. */
const ODD: readonly unknown[] = [
  ...[0, -1, 1, 0.5, 1.5, 1e9, Number.NaN, '', 'a', 'ab', 'same', true, false, null, {}, { a: 1 }, { amount: -1 }],
  ...[[], [1], [1, 1], [1.5, -2], ['a', 'a'], [[1]], [{}], { amount: 1, unit: 'steps', x: 1 }, 'a'.repeat(70)],
];

const found = (errors: readonly (ErrorObject | Fault)[] | null | undefined) =>
  (errors ?? []).map(({ instancePath, keyword, params }) => [instancePath, keyword, params]);

test('find what ajv finds', () => {
  const random = seeded('validators');
  const pick = <T>(from: readonly T[]): T => from[random.whole(from.length)]!;

  /** A value such as a schema describes, with something else in it now and then. */
  function draw(schema: TSchema): unknown {
    if (random.next() < 0.2) return pick(ODD);
    if (schema.const !== undefined) return schema.const;
    if (schema.anyOf && !schema.properties) return draw(pick(schema.anyOf as TSchema[]));
    if (schema.enum) return pick(schema.enum as unknown[]);
    switch (Array.isArray(schema.type) ? pick(schema.type) : schema.type) {
      case 'integer':
        return (schema.minimum ?? 0) + random.whole(4) - 1;
      case 'number':
        return (schema.minimum ?? 0) + 2 * random.next() - 0.5;
      case 'string':
        return pick(['', 'a', 'abc']);
      case 'boolean':
        return random.next() < 0.5;
      case 'array':
        return Array.from({ length: random.whole(4) }, () => draw(schema.items ?? {}));
      case 'object': {
        const properties = Object.entries((schema.properties ?? {}) as Record<string, TSchema>);
        const free = Object.values((schema.patternProperties ?? {}) as Record<string, TSchema>);
        const given = [...properties, ...free.flatMap((one) => ['a', 'b/c'].map((key) => [key, one] as const))];
        return Object.fromEntries(
          given.filter(() => random.next() < 0.8).map(([key, one]) => [key, draw(one)] as const),
        );
      }
      default:
        return pick(ODD);
    }
  }

  const faults = new Set<string>();
  for (const [word, schema] of Object.entries(schemas())) {
    const expected = ajv.compile(structuredClone(schema));
    for (let k = 0; k < 30; k++) {
      const value = draw(schema);
      expect(validators[word]!(value), `${word} of ${JSON.stringify(value)}`).toBe(expected(value));
      expect(found(validators[word]!.errors), `${word} of ${JSON.stringify(value)}`).toEqual(found(expected.errors));
      for (const { keyword } of expected.errors ?? []) faults.add(keyword);
    }
  }
  for (const keyword of ['type', 'required', 'minimum', 'enum', 'const', 'anyOf']) expect(faults).toContain(keyword);
});
