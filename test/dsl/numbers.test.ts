import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numberText, readNumber } from '../../src/dsl/numbers.js';
import { codes, readWell, runs } from './specs.js';

test.each([
  ...[
    ['0', 0],
    ['7', 7],
    ['1_000', 1000],
    ['0.5', 0.5],
    ['1e-3', 0.001],
    ['1E+3', 1000],
    ['2.5e2', 250],
    ['10k', 10_000],
    ['1.5k', 1500],
  ],
  ...[
    ['2M', 2e6],
    ['1G', 1e9],
    ['0.2%', 0.002],
    ['15%', 0.15],
    ['0.07%', 0.0007],
    ['1e3%', 10],
    ['1e-3k', 1],
    ['0.0', 0],
    ['0e5', 0],
  ],
  ...[
    ['9007199254740991', 2 ** 53 - 1],
    ['1e300', 1e300],
    ['5e-324', 5e-324],
    ['1.7976931348623157e308', Number.MAX_VALUE],
  ],
  ...[
    ['0.1', 0.1],
    ['100_000.0001', 100_000.0001],
    ['0e999', 0],
    ['0.30000000000000004', 0.1 + 0.2],
  ],
] as [string, number][])('%s is %d', (text, value) => {
  expect(readNumber(text)).toEqual({ value, percent: text.endsWith('%') });
});

test.each([
  ...[
    ['.5', '0.5'],
    ['.001', '0.001'],
    ['1.', '1'],
    ['1.e3', '1e3'],
    ['0x10', '16'],
    ['0XfF', '255'],
    ['0b101', '5'],
    ['0o17', '15'],
  ],
  ...[
    ['012', '12'],
    ['00', '0'],
    ['0_1', '1'],
    ['00.5', '0.5'],
    ['1e999', '1.7e308'],
    ['1e308k', '1.7e308'],
    ['1e-400', '0'],
    ['5e-324%', '0'],
  ],
  ...[
    ['1__0', '1_0'],
    ['1_', '1'],
    ['10K', '10k'],
    ['3g', '3G'],
    ['5epochs', '5 epochs'],
    ['40ksteps', '40k steps'],
    ['1e', '1'],
  ],
  ...[
    ['3.0f', '3.0'],
    ['2e5L', '2e5'],
    ['9007199254740993', '9.007199254740992e15'],
  ],
] as [string, string][])('%s is repaired to %s', (text, repair) => {
  const reading = readNumber(text);
  expect('repair' in reading && reading.repair).toBe(repair);
});

test.each(['1.2.3', '3x', '1.5e2.5', '0xZZ', '1e5e5', '5%x', '1k2', '0x', '1ee5', '1e99999999999999999999'])(
  '%s is refused',
  (text) => {
    expect(readNumber(text)).toHaveProperty('problem');
    expect(codes(`let a = ${text}`).filter((code) => code !== 'bad-character')).toContain('bad-number');
  },
);

test.each(['inf', 'NaN', 'Infinity', 'nan'])('%s is a word, no number', (text) => {
  expect(readWell(`let a = ${text}`).lets[0]!.value.kind).toBe('call');
});

test('ranges take their dots from no number', () => {
  expect(readWell('let a = 1..5').lets[0]!.value.kind).toBe('range');
  expect(readWell('let a = 1.5..2.5').lets[0]!.value.kind).toBe('range');
  expect(codes('let a = 1...5')).toEqual(['bad-number']);
});

test('numbers written read back to the same bits', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), (number) => {
      expect(readNumber(numberText(number))).toEqual({ value: number === 0 ? 0 : number, percent: false });
    }),
    runs(2000),
  );
  expect(() => numberText(Number.NaN)).toThrow();
  expect(() => numberText(-1)).toThrow();
});
