import { describe, expect, it } from 'vitest';
import { certificate, isEquivalent, measureDifference, normWise } from '../../../src/compiler/5-shrink/certificate.js';
import { drawProbe } from '../../../src/compiler/5-shrink/probe.js';
import { shrink } from '../../../src/compiler/5-shrink/shrink.js';
import { featureStatistics } from '../../../src/data/feature-statistics.js';
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
    expect(difference.probe).toEqual({ rows: 1000, source: 'uniform', seed: 7 });
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

  it('tells before each of its four evaluations how far it is', () => {
    const { network, values, shrunk } = planted();
    const told: unknown[] = [];
    measureDifference({ network, values }, shrunk, { seed: 1, rows: 10, progress: (at) => told.push(at) });
    // 6·5 + 5·3 multiply-adds a row before, 5·4 + 4·3 after: one feature and one unit are gone; each twice, on 10 rows.
    const work = 2 * 10 * (45 + 32);
    expect(told).toEqual([0, 1, 2, 3].map((done) => ({ rows: 10, done, of: 4, work })));
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

  it('takes rows that look like the training rows, whole ones, of which the shrunk network reads what it keeps', () => {
    const { network, values, shrunk } = planted('linear');
    expect(shrunk.network.graph.nodes[0]!.arguments.keep).toEqual([1, 2, 3, 4, 5]);
    const rows = Float32Array.from({ length: 50 * 6 }, (_, k) => 1000 * (k % 6) + Math.sin(k));
    const features = {
      image: featureStatistics({ name: 'image', extents: [6], width: 6, data: rows, rows: undefined }, 50),
    };
    const difference = measureDifference({ network, values }, shrunk, { seed: 3, features });
    expect(difference.probe).toEqual({ rows: 1000, source: 'features', seed: 3 });
    expect(difference.float64).toBeLessThanOrEqual(1e-12);
    expect(difference).not.toEqual(measureDifference({ network, values }, shrunk, { seed: 3 }));
    expect(() => measureDifference({ network, values }, shrunk, { seed: 3, features: {} })).toThrow(/statistics/);
  });

  it('no number is no equality', () => {
    expect(normWise([1, Number.NaN], [1, 2])).toBeNaN();
    expect(isEquivalent({ float64: Number.NaN, float32: 0 })).toBe(false);
    expect(isEquivalent({ float64: 0, float32: Number.NaN })).toBe(false);
    expect(normWise([2, -4], [2, -3])).toBe(0.25);
    expect(normWise([0, 0], [0, 0])).toBe(0);
  });
});

describe('probe rows', () => {
  const rows = 400;
  const draw = (width: number, value: (row: number, feature: number) => number) => {
    const data = Float32Array.from({ length: rows * width }, (_, k) => value(Math.floor(k / width), k % width));
    const features = { x: featureStatistics({ name: 'x', extents: [width], width, data, rows: undefined }, rows) };
    const { x } = drawProbe({ x: width }, 5, features).rows;
    return {
      statistics: features.x,
      drawn: featureStatistics({ name: 'x', extents: [width], width, data: x!, rows: undefined }, 1000),
    };
  };

  it('have the means, deviations and range of the data, feature by feature', () => {
    const { statistics, drawn } = draw(4, (row, feature) => 10 ** feature * (3 + Math.sin(0.7 * row + feature)));
    for (let k = 0; k < 4; k++) {
      expect(drawn.mean[k]! / statistics.mean[k]!).toBeCloseTo(1, 1);
      expect(drawn.deviation[k]! / statistics.deviation[k]!).toBeCloseTo(1, 0);
    }
    expect(drawn.low).toBeGreaterThanOrEqual(statistics.low);
    expect(drawn.high).toBeLessThanOrEqual(statistics.high);
  });

  it('are whole numbers of the range where the data are', () => {
    const { drawn } = draw(3, (row, feature) => [2, (row * 3) % 7, row === 0 ? 1 : 0][feature]!);
    expect(drawn).toMatchObject({ whole: true, low: 0, high: 6 });
    // One that is 1 in a single row is often 1, too.
    expect(Math.min(...drawn.deviation)).toBeGreaterThan(0.2);
  });

  it('move a feature that never changes, too, and an input of which none does', () => {
    const { drawn } = draw(2, (row, feature) => (feature === 0 ? 0.5 : Math.sin(row)));
    expect(drawn.deviation[0]).toBeGreaterThan(0);
    expect(Math.min(...draw(2, () => 0).drawn.deviation)).toBeGreaterThan(0);
  });

  it('statistics keep small deviations from a large mean, over the selected rows alone', () => {
    const data = Float32Array.of(4096, 99, 4096.5, -7, 4097);
    const found = featureStatistics({ name: 'x', extents: [], width: 1, data, rows: Int32Array.of(0, 2, 4) }, 3);
    expect(found).toEqual({
      mean: Float32Array.of(4096.5),
      deviation: Float32Array.of(Math.sqrt(1 / 6)),
      low: 4096,
      high: 4097,
      whole: false,
    });
  });
});
