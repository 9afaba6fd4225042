import { describe, expect, it } from 'vitest';
import { shrink } from '../../../src/compiler/5-shrink/shrink.js';
import { Failure } from '../../../src/diagnostics/report.js';
import {
  decodeModelWeights,
  encodeModelWeights,
  originalsOfNetwork,
} from '../../../src/runtime/weights/model-weights.js';
import { writeSafetensors } from '../../../src/runtime/weights/safetensors.js';
import { networkOf, randomValues } from '../../compiler/5-shrink/networks.js';

function shrunk() {
  const network = networkOf([
    { name: 'image', kind: 'Input', arguments: { shape: [3] } },
    { name: 'fc', kind: 'Dense', arguments: { units: 4, activation: 'relu' } },
    { name: 'out', kind: 'Dense', arguments: { units: 2 } },
  ]);
  const values = randomValues(network, 1);
  values.get('out.kernel')!.fill(0, 2, 4);
  return shrink(network, values);
}

describe('the weights file of a model', () => {
  it('gives back every bit, and who survived', () => {
    const { network, values } = shrunk();
    const bytes = encodeModelWeights({ network, values, originals: originalsOfNetwork(network) });
    const read = decodeModelWeights(bytes, 'a.safetensors');
    expect([...read.values].sort()).toEqual([...values].sort());
    expect({ ...read.originals }).toEqual({
      fc: { indices: [0, 2, 3], width: 4 },
      out: { indices: [0, 1], width: 2 },
    });
    expect(encodeModelWeights({ network, ...read })).toEqual(bytes);
  });

  it('gives back how the features of a certificate are spread, and refuses what cannot be', () => {
    const { network, values } = shrunk();
    const features = {
      image: { mean: Float32Array.of(1, 2, 3), deviation: Float32Array.of(0.1, 0, 2), low: -1, high: 5, whole: false },
    };
    const bytes = encodeModelWeights({ network, values, originals: {}, features });
    const read = decodeModelWeights(bytes, 'a.safetensors');
    expect({ ...read.features }).toEqual(features);
    expect([...read.values].sort()).toEqual([...values].sort());
    const tensor = { shape: [2, 1], data: Float32Array.of(1, 2) };
    for (const text of ['', '{"low":0,"high":1}', '{"low":"0","high":1,"whole":true}', 'null'])
      expect(() =>
        decodeModelWeights(writeSafetensors({ 'features:x': tensor }, { 'features:x': text }), 'a.safetensors'),
      ).toThrow(/means, deviations and a range/);
  });

  it('refuses indices that cannot be', () => {
    const file = (indices: number[], width: string | undefined) =>
      writeSafetensors(
        { 'units:fc': { shape: [indices.length], data: Int32Array.from(indices) } },
        width === undefined ? {} : { 'width:fc': width },
      );
    for (const [indices, width] of [
      [[0, 2, 2], '4'],
      [[2, 1], '4'],
      [[0, 4], '4'],
      [[-1, 2], '4'],
      [[0, 1], undefined],
      [[0, 1], 'four'],
    ] as const) {
      expect(() => decodeModelWeights(file([...indices], width), 'a.safetensors')).toThrow(Failure);
    }
    const doubled = writeSafetensors({ 'fc.kernel': { shape: [1], data: Int32Array.of(1) } }, {});
    expect(() => decodeModelWeights(doubled, 'a.safetensors')).toThrow(/32-bit floats/);
  });
});
