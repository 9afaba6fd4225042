import fc from 'fast-check';
import { expect, it } from 'vitest';
import { printResolved } from '../../../src/compiler/1-spec/index.js';
import { randomSpec } from '../random-blocks.js';
import { lower } from './harness.js';

const errors = (text: string, lowered = lower(text)) => {
  expect(
    lowered.found.filter((one) => one.severity === 'error').map((one) => one.message),
    text,
  ).toEqual([]);
  return lowered.spec!;
};

it('expands blocks, repeats and changes to what is written out by hand', () => {
  let changed = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
      const { text, writtenOut } = randomSpec(seed);
      if (text.includes(' with {')) changed += 1;
      const [spec, other] = [errors(text), errors(writtenOut)];
      expect(printResolved(spec), text).toBe(printResolved(other));
    }),
    { numRuns: 200 },
  );
  expect(changed).toBeGreaterThan(40);
});
