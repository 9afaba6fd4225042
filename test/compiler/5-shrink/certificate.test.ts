import { describe, expect, it } from 'vitest';
import { certificate, isEquivalent, measureDifference, normWise } from '../../../src/compiler/5-shrink/certificate.js';
import { shrink } from '../../../src/compiler/5-shrink/shrink.js';
import { networkOf, randomValues } from './networks.js';

function planted(activation = 'softmax') {
  const network = networkOf([
    { name: 'image', kind: 'Input', arguments: { shape: [6] } },
    { name: 'fc', kind: 'Dense', arguments: { units: 5, activation: 'tanh' } },
    { name: 'out', kind: 'Dense', arguments: { units: 3, activation } },
  ]);
  const values = randomValues(network, 4);
  const kernel = values.get('fc.kernel')!;
  for (let k = 0; k < kernel.length; k++) if (k % 5 === 2 || k < 5) kernel[k] = 0;
  return { network, values, shrunk: shrink(network, values) };
}

describe('certificate', () => {
  it('holds both differences, before the softmax, on a seeded batch', () => {
    const { network, values, shrunk } = planted();
    expect(shrunk.folded).toHaveLength(1);
    const difference = measureDifference({ network, values }, shrunk, { seed: 7 });
    expect(difference.probe).toEqual({ rows: 1000, source: 'random', seed: 7, range: [0, 1] });
    expect(difference.float64).toBeLessThanOrEqual(1e-12);
    expect(difference.float32).toBeGreaterThan(1e-12);
    expect(difference.float32).toBeLessThanOrEqual(1e-5);
    expect(measureDifference({ network, values }, shrunk, { seed: 7 })).toEqual(difference);

    const file = (name: string) => ({ file: name, sha256: name.repeat(4) });
    const files = { before: { spec: file('a'), weights: file('b') }, after: { spec: file('c'), weights: file('d') } };
    expect(certificate('dnc 1.0.0', difference, files)).toEqual({
      format: 1,
      tool: 'dnc 1.0.0',
      equivalent: true,
      ...files,
      probe: difference.probe,
      limits: { float64: 1e-12, float32: 1e-5 },
      difference: { float64: difference.float64, float32: difference.float32 },
      outputs: { out: { float64: difference.float64, float32: difference.float32 } },
    });
  });

  it('looks before the softmax, where a shift of all units is seen', () => {
    const { network, values, shrunk } = planted();
    const shifted = new Map(shrunk.values);
    shifted.set(
      'out.bias',
      shifted.get('out.bias')!.map((bias) => bias + 1),
    );
    const exact = new Map([...shrunk.exact].map(([name, bias]) => [name, bias.map((one) => one + 1)]));
    const difference = measureDifference({ network, values }, { ...shrunk, values: shifted, exact }, { seed: 1 });
    expect(difference.float64).toBeGreaterThan(0.1);
    expect(isEquivalent(difference)).toBe(false);
  });

  it('the float64 part uses folded values before they are rounded', () => {
    const { network, values, shrunk } = planted();
    const rounded = { ...shrunk, exact: new Map<string, Float64Array>() };
    expect(measureDifference({ network, values }, rounded, { seed: 1 }).float64).toBeGreaterThan(1e-12);
  });

  it('the float32 part uses the weights as stored', () => {
    const { network, values, shrunk } = planted();
    const stored = new Map(shrunk.values);
    stored.set(
      'out.bias',
      stored.get('out.bias')!.map((bias) => bias + 0.01),
    );
    const difference = measureDifference({ network, values }, { ...shrunk, values: stored }, { seed: 1 });
    expect(difference.float64).toBeLessThanOrEqual(1e-12);
    expect(difference.float32).toBeGreaterThan(1e-5);
  });

  it('takes real rows, whole ones, of which the shrunk network reads what it keeps', () => {
    const { network, values, shrunk } = planted('linear');
    expect(shrunk.network.graph.nodes[0]!.arguments.keep).toEqual([1, 2, 3, 4, 5]);
    const rows = { image: Float32Array.from({ length: 4 * 6 }, (_, k) => Math.sin(k)) };
    const difference = measureDifference({ network, values }, shrunk, { seed: 3, rows });
    expect(difference.probe).toEqual({ rows: 4, source: 'data', seed: 3 });
    expect(difference.float64).toBeLessThanOrEqual(1e-12);
    expect(() =>
      measureDifference({ network, values }, shrunk, { seed: 3, rows: { image: new Float32Array(7) } }),
    ).toThrow(/whole rows/);
  });

  it('no number is no equality', () => {
    expect(normWise([1, Number.NaN], [1, 2])).toBeNaN();
    expect(isEquivalent({ float64: Number.NaN, float32: 0 })).toBe(false);
    expect(isEquivalent({ float64: 0, float32: Number.NaN })).toBe(false);
    expect(normWise([2, -4], [2, -3])).toBe(0.25);
    expect(normWise([0, 0], [0, 0])).toBe(0);
  });
});
