import { describe, expect, test } from 'vitest';
import { paramShape } from '../../src/compiler/3-dims/index.js';
import { buildForward } from '../../src/compiler/4-program/forward.js';
import { allParams } from '../../src/ir/graph.js';
import { layers } from '../../src/layers/index.js';
import { gradient } from '../../src/program/gradient.js';
import { sizeOf } from '../../src/program/program.js';
import { type Arguments, casesOf, labelOf, normwise, vectorsOf, wave } from './numbers.js';
import { compute, exact, lower, spelled } from './support.js';

interface Case extends Arguments {
  readonly kind: keyof typeof layers;
  readonly input: readonly number[];
  readonly arguments?: Arguments;
  /** The oracle has it in float32 alone. */
  readonly float32?: true;
}

interface Found {
  readonly shape: number[];
  readonly value: number[];
  readonly gradient: number[];
  readonly weights: number[][];
}

const section = casesOf<{ readonly rows: number; readonly cases: readonly Case[] }>('layers');
const { oracle, vectors } = vectorsOf<Found>('layers');

describe(`layers in inference, and their gradients, as ${oracle}`, () => {
  test('every layer but Input has a case', () => {
    const kinds = Object.keys(layers).filter((kind) => kind !== 'Input');
    expect(new Set(section.cases.map((one) => one.kind))).toEqual(new Set(kinds));
  });

  test.each(section.cases.map((one) => ({ label: labelOf(one), one })))('$label', ({ label, one }) => {
    const { network } = lower(`
model Parity {
  x = Input(${one.input.join(', ')})
  y = ${one.kind}(${spelled(one.arguments ?? {})})
}
data { source: sparse_regression(seed: 1) }
train {
  loss: mse
  optimizer: sgd
  epochs: 1
}
`);
    const wanted = vectors[label]!;
    const bound = one.float32 ? 1e-6 : 1e-11;
    const shape = [section.rows, ...one.input];
    const params = allParams(network);
    const found = compute(
      (b) => {
        const forward = buildForward(b, network, 'inference');
        const value = forward.values.get('y')![0]!;
        const x = forward.values.get('x')![0]!;
        const upstream = b.batch('upstream', 'float', ['batch', ...wanted.shape.slice(1)]);
        const of = [x, ...params.map((param) => forward.params.get(param.name)!)];
        const slopes = gradient(b, b.sum(b.multiply(value, upstream)), of);
        return { value, ...Object.fromEntries(slopes.map((slope, at) => [`gradient${at}`, slope])) };
      },
      {
        upstream: exact(wanted.shape, wave(sizeOf(wanted.shape), 7)),
        x: exact(
          shape,
          wave(sizeOf(shape), 3).map((x) => 2 * x),
        ),
        ...Object.fromEntries(
          params.map((param, at) => {
            const own = paramShape(param);
            return [param.name, exact(own, wave(sizeOf(own), 20 + at))];
          }),
        ),
      },
    );
    expect(found.value!.shape).toEqual(wanted.shape);
    expect(normwise(found.value!.data, wanted.value)).toBeLessThan(bound);
    expect(normwise(found.gradient0!.data, wanted.gradient)).toBeLessThan(bound);
    expect(wanted.weights.length).toBe(params.length);
    for (const [at, weights] of wanted.weights.entries())
      expect(normwise(found[`gradient${at + 1}`]!.data, weights)).toBeLessThan(bound);
  });
});
