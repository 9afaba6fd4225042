import { afterEach, describe, expect, test, vi } from 'vitest';
import { Dims, extents } from '../../../src/ir/dims.js';
import { defaultLimits, limitsFrom } from '../../../src/compiler/limits.js';
import { dimsOf, specText } from '../lowered.js';

/** The longest axis that anything here may make: what was refused is not made. */
function longestMade(body: string): { readonly lines: readonly string[]; readonly longest: number } {
  const fresh = vi.spyOn(Dims.prototype, 'fresh');
  const { lines } = dimsOf(specText(body));
  return { lines, longest: Math.max(...fresh.mock.calls.map(([size]) => size)) };
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('sizes are refused before anything is made for them', () => {
  test('a kernel', () => {
    const { lines, longest } = longestMade('x = Input(1000)\na = Dense(900000)\ny = Dense(1)');
    expect(lines).toEqual([
      'too-many-parameters @a = Dense(900000): a would have 900,000,000 parameters; the limit is 500,000,000 (set DNC_MAX_PARAMETERS to raise the limit)',
    ]);
    expect(longest).toBeLessThanOrEqual(1000);
  });

  test('all layers together', () => {
    const body = Array.from({ length: 6 }, (_, k) => `l${k} = Dense(10000)`).join('\n');
    const { lines } = longestMade(`x = Input(10000)\n${body}`);
    expect(lines).toEqual([
      'too-many-parameters @x = Input(10000): model Net would have 600,060,000 parameters; the limit is 500,000,000 (set DNC_MAX_PARAMETERS to raise the limit)',
    ]);
  });

  test('features that flattening would make', () => {
    const { lines, longest } = longestMade('x = Input(1000, 2)\na = Dense(100000)\nflat = Flatten\ny = Dense(1)');
    expect(lines).toEqual([
      'too-many-units @flat = Flatten: `output` of `flat` asks for 100,000,000 units, and a layer may have at most 1,000,000 (set DNC_MAX_UNITS to raise the limit)',
    ]);
    expect(longest).toBeLessThanOrEqual(100_000);
  });

  test('an output that no step has room for', () => {
    const { lines, longest } = longestMade(
      'x = Input(1001, 2)\na = Dense(100000)\nb = GlobalAveragePooling1D\ny = Dense(1)',
    );
    expect(lines[0]).toBe(
      'too-many-units @a = Dense(100000): `output 1001×100000` of `a` asks for 100,100,000 units, and a layer may have at most 100,000,000 (set DNC_MAX_UNITS to raise the limit)',
    );
    expect(longest).toBeLessThanOrEqual(100_000);
  });
});

test('early maps of pictures hold more numbers than there may be units', () => {
  const { lines, network } = dimsOf(
    specText('x = Input(224, 224, 3)\na = Conv2D(64, 3, padding: same)\nb = GlobalMaxPooling2D\ny = Dense(10)'),
  );
  expect(lines).toEqual([]);
  expect(extents(network.shapes.get('a')![0]!)).toEqual([224, 224, 64]);
});

test('DNC_MAX_PARAMETERS raises and lowers the limit', () => {
  vi.stubEnv('DNC_MAX_PARAMETERS', '11');
  expect(dimsOf(specText('x = Input(3)\ny = Dense(4)')).lines[0]).toMatch(
    /^too-many-parameters @y = Dense\(4\): y would have 12/,
  );
  vi.stubEnv('DNC_MAX_PARAMETERS', '16');
  const { lines, network } = dimsOf(specText('x = Input(3)\ny = Dense(4)'));
  expect(lines).toEqual([]);
  expect(extents(network.shapes.get('y')![0]!)).toEqual([4]);
});

test('what is no size in the environment is passed over', () => {
  expect(limitsFrom({})).toEqual(defaultLimits);
  for (const nonsense of ['', 'many', '-5', '0', '1.5', '1e400'])
    expect(limitsFrom({ DNC_MAX_PARAMETERS: nonsense, DNC_MAX_UNITS: nonsense })).toEqual(defaultLimits);
  expect(limitsFrom({ DNC_MAX_PARAMETERS: '7', DNC_MAX_UNITS: '1e3' })).toEqual({
    ...defaultLimits,
    parametersPerLayer: 7,
    unitsPerLayer: 1000,
    numbersPerOutput: 100_000,
  });
});
