import { describe, expect, test } from 'vitest';
import { paramShape } from '../../src/compiler/3-dims/index.js';
import { buildForward } from '../../src/compiler/4-program/forward.js';
import { allParams } from '../../src/ir/graph.js';
import { layers } from '../../src/layers/index.js';
import { gradient } from '../../src/program/gradient.js';
import { sizeOf } from '../../src/program/program.js';
import { type Arguments, casesOf, labelOf, normwise, vectorsOf, wave, waveClasses } from './numbers.js';
import { compute, exact, inParts, kerasWeights, lower, spelled } from './support.js';

interface Case extends Arguments {
  readonly kind: keyof typeof layers;
  readonly input?: readonly number[];
  readonly inputs?: readonly (readonly number[])[];
  readonly arguments?: Arguments;
  /** Arguments of the call in Keras. */
  readonly call?: Arguments;
  /** The inputs hold whole numbers below this. */
  readonly whole?: number;
  /** In training, in place of inference. */
  readonly training?: true;
  /** How many outputs it has. Absent: one. */
  readonly outputs?: number;
  /** The oracle has it, or a number in it, in float32 alone. */
  readonly float32?: true;
}

interface Found {
  readonly shape: number[];
  /** Of every output, where there are several. */
  readonly shapes?: number[][];
  /** Of all outputs, one after the other. */
  readonly value: number[];
  /** Of all inputs, one after the other. */
  readonly gradient: number[];
  readonly weights: number[][];
  /** What training sets without gradients, after the call. */
  readonly state?: number[][];
}

function largest(data: readonly number[]): number {
  return data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

/** The extents of every input. */
const sources = (one: Case) => one.inputs ?? [one.input!];

const section = casesOf<{ readonly rows: number; readonly cases: readonly Case[] }>('layers');
const { oracle, vectors } = vectorsOf<Found>('layers');

describe(`layers and their gradients as ${oracle}`, () => {
  test('every layer but Input has a case', () => {
    const kinds = Object.keys(layers).filter((kind) => kind !== 'Input');
    expect(new Set(section.cases.map((one) => one.kind))).toEqual(new Set(kinds));
  });

  test.each(section.cases.map((one) => ({ label: labelOf(one), one })))('$label', ({ label, one }) => {
    const shapes = sources(one);
    const names = Array.from({ length: one.outputs ?? 1 }, (_, k) => `y${k}`);
    const { network } = lower(`
model Parity -> ${names.join(', ')} {
${shapes.map((shape, k) => `  x${k} = Input(${shape.join(', ')})`).join('\n')}
  ${names.join(', ')} = ${one.kind}(${spelled({ ...one.arguments, ...one.call })}) <- ${shapes.map((_, k) => `x${k}`).join(', ')}
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
    const params = allParams(network);
    const weights = kerasWeights(params);
    const outputs = wanted.shapes ?? [wanted.shape];
    const found = compute(
      (b) => {
        const forward = buildForward(b, network, one.training ? 'training' : 'inference');
        const values = names.map((name) => forward.results.get(name)!);
        const sums = values.map((value, k) =>
          b.sum(b.multiply(value, b.batch(`upstream${k}`, 'float', value.type.shape))),
        );
        const of = [
          ...(one.whole === undefined ? shapes.map((_, k) => forward.values.get(`x${k}`)![0]!) : []),
          ...params.map((param) => forward.params.get(param.name)!),
        ];
        const slopes = gradient(
          b,
          sums.reduce((total, sum) => b.add(total, sum)),
          of,
        );
        return {
          ...Object.fromEntries(values.map((value, k) => [`value${k}`, value])),
          ...Object.fromEntries(slopes.map((slope, at) => [`gradient${at}`, slope])),
          ...Object.fromEntries([...forward.updates].map(([name, value]) => [`next:${name}`, value])),
        };
      },
      {
        inverse_rows: exact([], [1 / section.rows]),
        ...Object.fromEntries(outputs.map((shape, k) => [`upstream${k}`, exact(shape, wave(sizeOf(shape), 7 + k))])),
        ...Object.fromEntries(
          shapes.map((own, k) => {
            const shape = [section.rows, ...own];
            const salt = 3 + 1000 * k;
            const data =
              one.whole === undefined
                ? wave(sizeOf(shape), salt).map((x) => 2 * x)
                : waveClasses(sizeOf(shape), salt, one.whole);
            return [`x${k}`, exact(shape, data)];
          }),
        ),
        ...Object.fromEntries(
          weights.flatMap((group, at) => {
            const numbers = (size: number) => wave(size, 20 + at).map((x) => (group[0]!.trained ? x : 1 + x / 2));
            const data = inParts(
              group.map((param) => sizeOf(paramShape(param))),
              numbers,
            );
            return group.map((param, k) => [param.name, exact(paramShape(param), data[k]!)]);
          }),
        ),
      },
    );
    expect(names.map((_, k) => found[`value${k}`]!.shape)).toEqual(outputs);
    const joined = (all: readonly (keyof typeof found)[]) => all.flatMap((name) => [...found[name]!.data]);
    expect(normwise(joined(names.map((_, k) => `value${k}`)), wanted.value)).toBeLessThan(bound);
    const inputs = one.whole === undefined ? shapes.length : 0;
    if (inputs > 0) expect(normwise(joined(shapes.map((_, k) => `gradient${k}`)), wanted.gradient)).toBeLessThan(bound);
    expect(wanted.weights.length).toBe(weights.length);
    for (const [at, group] of weights.entries()) {
      const places = group.map((param) => `gradient${inputs + params.indexOf(param)}` as const);
      const [slope, own] = [joined(places), wanted.weights[at]!];
      // What does not matter, such as the bias of attention's keys, has a gradient of rounding errors alone.
      if (largest(own) < 1e-12) expect(largest(slope), group[0]!.name).toBeLessThan(1e-12);
      else expect(normwise(slope, own), group[0]!.name).toBeLessThan(bound);
    }
    const state = params.filter((param) => !param.trained);
    if (one.training) expect(wanted.state?.length ?? 0).toBe(state.length);
    for (const [at, { name }] of state.entries())
      if (one.training) expect(normwise(found[`next:${name}`]!.data, wanted.state![at]!), name).toBeLessThan(bound);
  });
});
