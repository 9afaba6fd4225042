import { expect, test } from 'vitest';
import { type ArgumentSchema, expectedOf, schemaOf } from '../../../src/compiler/1-spec/expected.js';
import { sources } from '../../../src/data/index.js';
import { layers } from '../../../src/layers/index.js';

const argument = (kind: { readonly schema: unknown }, name: string): ArgumentSchema =>
  schemaOf(kind.schema as Parameters<typeof schemaOf>[0]).properties![name]!;

// A list is described by its elements.
test.each([
  [
    argument(layers.Cropping2D, 'cropping'),
    'a whole number from 0 to 100,000 or a list of 2, each a whole number from 0 to 100,000 or a list of 2 whole numbers from 0 to 100,000',
  ],
  [argument(sources.csv, 'files'), 'a word or a string or a list of them'],
  [argument(sources.csv, 'missing'), 'a word or a string or a number or a list of them'],
  [argument(sources.csv, 'names'), 'a list of words or strings'],
  [argument(sources.image_folder, 'size'), 'a list of 2 whole numbers from 1 to 4,096'],
  [{ type: 'array', items: { type: 'array', items: { type: 'number' } } }, 'a list of lists of numbers'],
] as const)('%#: %s', (schema, expected) => {
  expect(expectedOf(schema as ArgumentSchema)).toBe(expected);
});
