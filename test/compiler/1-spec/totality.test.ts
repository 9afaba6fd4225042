import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printResolved } from '../../../src/compiler/1-spec/index.js';
import { lower } from './harness.js';

const folder = new URL('../../../specs/', import.meta.url);
const specs = readdirSync(folder)
  .filter((name) => name.endsWith('.dn'))
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));

describe.each(specs)('specs/$name', ({ text }) => {
  it('lowers without a word, and its resolved text reads as the same spec', () => {
    const { spec, lines } = lower(text);
    expect(lines).toEqual([]);
    const again = lower(printResolved(spec!));
    expect(again.lines).toEqual([]);
    expect(again.spec!.hash).toBe(spec!.hash);
  });
});

const words = [
  'relu',
  'adam',
  '1e12',
  '-1',
  '0.5',
  '15%',
  '[1, 2]',
  '1..5',
  '{ a: 1 }',
  '"x"',
  'true',
  'off',
  '5 epochs',
  '@l1(1)',
  'width',
  '(',
  ')',
  '<- x',
  ': 3',
  '__proto__',
  'constructor',
];

describe('any change of a spec', () => {
  // fast-check prints the seed of a failure; DNC_TEST_SEED replays it.
  it('is a spec or a placed error, and never an exception', () => {
    const change = fc.record({ at: fc.nat(), drop: fc.nat({ max: 3 }), put: fc.constantFrom('', ...words) });
    fc.assert(
      fc.property(fc.constantFrom(...specs), fc.array(change, { minLength: 1, maxLength: 4 }), ({ text }, changes) => {
        const pieces = text.match(/\w+|\s+|[^\w\s]/g)!;
        for (const { at, drop, put } of changes) pieces.splice(at % pieces.length, drop, put);
        const { spec, found } = lower(pieces.join(''));
        const errors = found.filter((one) => one.severity === 'error');
        for (const { at, code } of found) {
          expect(at, code).toBeDefined();
          expect(at!.start).toBeGreaterThanOrEqual(0);
          expect(at!.end).toBeGreaterThanOrEqual(at!.start);
          expect(at!.end).toBeLessThanOrEqual(at!.source.text.length);
        }
        if (errors.length === 0) {
          const again = lower(printResolved(spec!));
          expect(again.found.filter((one) => one.severity === 'error')).toEqual([]);
          expect(again.spec!.hash).toBe(spec!.hash);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('holds for --set values, too', () => {
    const address = fc.constantFrom(
      'model.image.shape',
      'model.fc1.units',
      'train.optimizer',
      'train.optimizer.learning_rate',
      'data',
      'data.source',
      'train',
      'train.phases',
      'simplify.threshold',
      'simplify.finetune',
      'weights',
      '__proto__',
      'model.__proto__.x',
      'data.constructor',
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...specs),
        fc.array(fc.tuple(address, fc.constantFrom(...words)), { maxLength: 4 }),
        ({ text }, sets) => {
          const { spec, found } = lower(
            text,
            sets.map(([name, value]) => `${name}=${value}`),
          );
          if (found.every((one) => one.severity !== 'error'))
            expect(lower(printResolved(spec!)).spec!.hash).toBe(spec!.hash);
          for (const one of found) expect(one.at).toBeDefined();
        },
      ),
      { numRuns: 300 },
    );
  });
});
