import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dependsOnInputs, shrink } from '../../../src/compiler/5-shrink/shrink.js';
import { Failure } from '../../../src/diagnostics/report.js';
import type { Network } from '../../../src/ir/graph.js';
import {
  difference,
  type LayerSketch,
  networkOf,
  outputsOf,
  randomNumbers,
  randomRows,
  randomValues,
  withExact,
} from './networks.js';

type Fate = 'live' | 'unread' | 'constant' | 'unread constant';

const activation = fc.constantFrom('relu', 'tanh', 'sigmoid', 'linear', 'gelu', 'elu');
const hidden = fc.record({
  // The first unit lives, so that every layer carries something.
  fates: fc.array(fc.constantFrom<Fate>('live', 'live', 'unread', 'constant', 'unread constant'), { maxLength: 7 }),
  activation,
  use_bias: fc.boolean(),
  // Layers that hand units on stand between some of them.
  after: fc.constantFrom(undefined, 'Dropout', 'Activation', 'Rescaling', 'Reshape'),
});
const plan = fc.record({
  inputs: fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
  layers: fc.array(hidden, { minLength: 1, maxLength: 4 }),
  outputs: fc.integer({ min: 1, max: 3 }),
  outputBias: fc.boolean(),
  softmax: fc.boolean(),
  seed: fc.integer({ min: 0, max: 1e6 }),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

function between(kind: string | undefined, name: string, width: number): LayerSketch[] {
  if (kind === undefined) return [];
  const args = {
    Dropout: { rate: 0.5 },
    Activation: { activation: 'tanh' },
    Rescaling: { scale: 0.5, offset: 0.25 },
    Reshape: { target_shape: [width] },
  }[kind]!;
  return [{ name, kind, arguments: args }];
}

/** A network in which exactly the planned units are dead. */
function planted(of: Plan): { network: Network; values: Map<string, Float32Array> } {
  const inputs = [true, ...of.inputs];
  const layers = of.layers.map((layer) => ({ ...layer, fates: ['live' as Fate, ...layer.fates] }));
  const network = networkOf([
    { name: 'image', kind: 'Input', arguments: { shape: [inputs.length] } },
    ...layers.flatMap(({ fates, activation, use_bias, after }, k) => [
      { name: `fc${k}`, kind: 'Dense', arguments: { units: fates.length, activation, use_bias } },
      ...between(after, `after${k}`, fates.length),
    ]),
    {
      name: 'out',
      kind: 'Dense',
      arguments: { units: of.outputs, use_bias: of.outputBias, activation: of.softmax ? 'softmax' : 'linear' },
    },
  ]);
  const values = randomValues(network, of.seed);
  const widths = [...layers.map(({ fates }) => fates.length), of.outputs];
  const kernels = [...layers.map((_, k) => `fc${k}.kernel`), 'out.kernel'];
  kernels.forEach((name, k) => {
    const data = values.get(name)!;
    for (let at = 0; at < data.length; at++) {
      const [row, column] = [Math.floor(at / widths[k]!), at % widths[k]!];
      const unread = k === 0 ? !inputs[row] : layers[k - 1]!.fates[row]!.startsWith('unread');
      const constant = layers[k]?.fates[column]?.endsWith('constant') ?? false;
      if (unread || constant) data[at] = 0;
    }
  });
  return { network, values };
}

const wanted = (alive: readonly boolean[]) => alive.flatMap((one, k) => (one ? [k] : []));

describe('shrink on random networks', () => {
  it('removes exactly the planted units and keeps the outputs', () => {
    fc.assert(
      fc.property(plan, (of) => {
        const { network, values } = planted(of);
        const result = shrink(network, values);
        const originals = Object.fromEntries(result.kept.map((one) => [one.layer, one.originals]));
        expect(originals.image).toEqual(wanted([true, ...of.inputs]));
        of.layers.forEach(({ fates }, k) => {
          expect(originals[`fc${k}`]).toEqual(wanted([true, ...fates.map((fate) => fate === 'live')]));
        });
        const rows = randomRows(network, 5, of.seed);
        const before = outputsOf(network, values, rows, 5).out!;
        const exact = outputsOf(result.network, withExact(result), rows, 5).out!;
        expect(difference(before, exact)).toBeLessThanOrEqual(1e-12);
        const again = shrink(result.network, result.values);
        expect(again.changed).toBe(false);
        expect(again.values).toEqual(result.values);
      }),
      { numRuns: 300 },
    );
  });

  it('with weights cut at random, keeps what lies on a path from an input to an output', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 3, maxLength: 6 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 1e6 }), fc.double({ min: 0.2, max: 0.9 }), (widths, seed, share) => {
        const network = networkOf(
          widths.map((width, k) =>
            k === 0
              ? { name: 'l0', kind: 'Input', arguments: { shape: [width] } }
              : {
                  name: `l${k}`,
                  kind: 'Dense',
                  arguments: { units: width, activation: 'tanh', use_bias: k % 2 === 0 },
                },
          ),
        );
        const values = randomValues(network, seed);
        const next = randomNumbers(seed + 1);
        for (const [name, data] of values)
          if (name.endsWith('kernel')) for (let k = 0; k < data.length; k++) if (Math.abs(next()) < share) data[k] = 0;

        const last = widths.length - 1;
        const weight = (layer: number, row: number, column: number) =>
          values.get(`l${layer}.kernel`)![row * widths[layer]! + column]! !== 0;
        const reached: boolean[][] = [];
        reached[0] = Array.from({ length: widths[0]! }, () => true);
        for (let k = 1; k <= last; k++)
          reached[k] = Array.from({ length: widths[k]! }, (_, column) =>
            reached[k - 1]!.some((alive, row) => alive && weight(k, row, column)),
          );
        const reaches: boolean[][] = [];
        reaches[last] = Array.from({ length: widths[last]! }, () => true);
        for (let k = last - 1; k >= 0; k--)
          reaches[k] = Array.from({ length: widths[k]! }, (_, row) =>
            reaches[k + 1]!.some((alive, column) => alive && weight(k + 1, row, column)),
          );

        const alive = reached[last]!.includes(true);
        expect(dependsOnInputs(network, values)).toBe(alive);
        if (!alive) {
          expect(() => shrink(network, values)).toThrow(Failure);
          return;
        }
        const result = shrink(network, values);
        for (let k = 0; k < last; k++)
          expect(result.kept[k]!.originals).toEqual(wanted(reached[k]!.map((one, unit) => one && reaches[k]![unit]!)));
        const rows = randomRows(network, 5, seed);
        const name = `l${last}`;
        const exact = outputsOf(result.network, withExact(result), rows, 5)[name]!;
        expect(difference(outputsOf(network, values, rows, 5)[name]!, exact)).toBeLessThanOrEqual(1e-12);
        expect(shrink(result.network, result.values).changed).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});
