import { describe, expect, it } from 'vitest';
import { countKernels, cut, magnitudesOf, thresholdGrid } from '../../../src/compiler/5-shrink/cut.js';
import { shrink } from '../../../src/compiler/5-shrink/shrink.js';
import { networkOf, randomValues } from './networks.js';

const dropneuron = (li: number, lo: number) => ({ word: 'dropneuron', arguments: { li, lo, solver: 'gradient' } });

function network(annotations = [dropneuron(1e-4, 1e-4)], outAnnotations = annotations) {
  return networkOf([
    { name: 'image', kind: 'Input', arguments: { shape: [2] } },
    { name: 'fc', kind: 'Dense', arguments: { units: 3, activation: 'relu' }, annotations },
    { name: 'out', kind: 'Dense', arguments: { units: 2 }, annotations: outAnnotations },
  ]);
}

// Columns of fc have norms 5, 0.1 and √2; its rows √(9 + 1) and √(16 + 0.01 + 1).
const FC = [3, 0, 1, 4, 0.1, 1].map(Math.fround);
// Rows of out have norms √2, 0.2 and 5.
const OUT = [1, 1, 0.2, 0, 3, 4].map(Math.fround);

function values(of = network()) {
  const all = randomValues(of, 1);
  all.set('fc.kernel', Float32Array.from(FC));
  all.set('out.kernel', Float32Array.from(OUT));
  return all;
}

describe('cut', () => {
  it('zeroes columns and rows whose norm is at most the threshold', () => {
    const given = values();
    const result = cut(network(), given, { kind: 'unit', value: 0.5 });
    expect([...result.values.get('fc.kernel')!]).toEqual([3, 0, 1, 4, 0, 1]);
    expect([...result.values.get('out.kernel')!]).toEqual([1, 1, 0, 0, 3, 4]);
    expect(result.groups).toEqual({ cut: 2, of: 3 + 2 + 3 });
    expect(result.kernels).toEqual({ nonzero: 8, of: 12 });
    expect([...given.get('fc.kernel')!]).toEqual(FC);
    expect(result.values.get('fc.bias')).toBe(given.get('fc.bias'));
  });

  it('cuts at the norm itself', () => {
    const exactly = Math.hypot(...[OUT[2]!, OUT[3]!]);
    expect(cut(network(), values(), { kind: 'unit', value: exactly }).groups.cut).toBe(2);
  });

  it('single weights below a threshold, by which every magnitude that is present cuts those before it', () => {
    const all = values();
    all.get('fc.kernel')![0] = -3;
    const magnitudes = magnitudesOf(network(), all);
    expect(magnitudes).toEqual([0, 0.1, 0.2, 1, 3, 4].map(Math.fround));
    const left = magnitudes.map((value) => cut(network(), all, { kind: 'weight', value }).kernels.nonzero);
    expect(left).toEqual([10, 10, 9, 8, 4, 2]);
  });

  it('never cuts the columns of output units, also behind an activation', () => {
    const all = values();
    all.set('out.kernel', Float32Array.from([1e-9, 1, 1e-9, 1, 1e-9, 1]));
    const masked = cut(network(), all, { kind: 'unit', value: 1e-6 }).values.get('out.kernel')!;
    expect(masked.filter((weight) => weight === 0)).toHaveLength(0);
    const behind = networkOf([
      { name: 'image', kind: 'Input', arguments: { shape: [2] } },
      { name: 'out', kind: 'Dense', arguments: { units: 2 }, annotations: [dropneuron(1, 0)] },
      { name: 'share', kind: 'Activation', arguments: { activation: 'tanh' } },
    ]);
    expect(thresholdGrid(behind, randomValues(behind, 2))).toEqual([0]);
  });

  it('cuts only the sides that the methods of a layer name', () => {
    const incoming = network([dropneuron(1e-4, 0)]);
    expect(cut(incoming, values(incoming), { kind: 'unit', value: 100 }).groups.of).toBe(3);
    const outgoing = network([dropneuron(0, 1e-4)]);
    expect(cut(outgoing, values(outgoing), { kind: 'unit', value: 100 }).groups.of).toBe(2 + 3);
    const l1 = network([{ word: 'l1', arguments: { strength: 1e-4 } } as never]);
    expect(cut(l1, values(l1), { kind: 'unit', value: 100 }).groups.of).toBe(0);
    expect(cut(network([], []), values(), { kind: 'unit', value: 100 }).kernels.nonzero).toBe(10);
  });

  it("element-wise, as the paper's pruning: |w| < t on annotated kernels, biases stay", () => {
    const of = network([dropneuron(1e-4, 1e-4)], []);
    const all = values(of);
    all.get('fc.bias')!.fill(0.01);
    const result = cut(of, all, { kind: 'weight', value: 1 });
    expect([...result.values.get('fc.kernel')!]).toEqual([3, 0, 1, 4, 0, 1]);
    expect([...result.values.get('out.kernel')!]).toEqual(OUT);
    expect(result.values.get('fc.bias')).toBe(all.get('fc.bias'));
  });

  it('what it leaves dead goes by exact shrinking', () => {
    const of = network();
    const { values: masked } = cut(of, values(), { kind: 'unit', value: 0.5 });
    const result = shrink(of, masked);
    expect(result.kept.map(({ layer, originals }) => [layer, originals])).toEqual([
      ['image', [0, 1]],
      ['fc', [0, 2]],
      ['out', [0, 1]],
    ]);
    expect(countKernels(result.network, result.values)).toEqual({ nonzero: 8, of: 8 });
  });
});

describe('the grid of thresholds', () => {
  it('is 0 and the norms present, rising', () => {
    const grid = thresholdGrid(network(), values());
    expect(grid[0]).toBe(0);
    expect(grid).toEqual([...grid].sort((a, b) => a - b));
    // √2 and 5 are there twice.
    expect(grid).toHaveLength(1 + 6);
    expect(grid.at(-1)).toBe(5);
  });

  it('has a bounded size and ends with the largest norm', () => {
    const wide = networkOf([
      { name: 'image', kind: 'Input', arguments: { shape: [100] } },
      { name: 'fc', kind: 'Dense', arguments: { units: 50 }, annotations: [dropneuron(1, 1)] },
      { name: 'out', kind: 'Dense', arguments: { units: 2 } },
    ]);
    const all = randomValues(wide, 3);
    const grid = thresholdGrid(wide, all, 10);
    expect(grid).toHaveLength(11);
    expect(cut(wide, all, { kind: 'unit', value: grid.at(-1)! }).groups).toEqual({ cut: 150, of: 150 });
    expect(cut(wide, all, { kind: 'unit', value: grid[5]! }).groups).toEqual({ cut: 75, of: 150 });
  });
});
