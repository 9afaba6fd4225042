import { describe, expect, test } from 'vitest';
import { paramShape } from '../../src/compiler/3-dims/index.js';
import { forwardProgram, stepProgram } from '../../src/compiler/4-program/index.js';
import { allParams } from '../../src/ir/graph.js';
import { layers } from '../../src/layers/index.js';
import { evaluate } from '../../src/program/evaluate.js';
import type { HostTensor, Tensor64 } from '../../src/program/program.js';
import { sizeOf } from '../../src/program/program.js';
import { type EngineName, engines } from '../../src/runtime/engines/index.js';
import { type Arguments, casesOf, floats, ints, labelOf, normwise, vectorsOf, wave, waveClasses } from './numbers.js';
import { exact, inParts, kerasWeights, lower, spelled } from './support.js';

interface NetworkCase extends Arguments {
  readonly name: string;
  readonly input: readonly number[];
  /** A layer reads the one before, or those that `from` names: `x` is the input. */
  readonly layers: readonly {
    readonly kind: keyof typeof layers;
    readonly arguments?: Arguments;
    readonly call?: Arguments;
    readonly name?: string;
    /** Of a layer with several outputs. */
    readonly names?: readonly string[];
    readonly from?: readonly string[];
  }[];
  /** The input holds whole numbers below this. */
  readonly whole?: number;
  /** What Keras computes of it has passed through float32. */
  readonly float32?: boolean;
  /** How exact engines are, norm-wise. Absent: 1e-5. */
  readonly bound?: number;
}

interface NetworkVector {
  readonly loss: number[];
  readonly parameters: number[][];
  /** What training moves without gradients, and the output for the last batch in inference. */
  readonly state?: number[][];
  readonly inference?: number[];
}

const section = casesOf<{
  readonly rows: number;
  readonly classes: number;
  readonly steps: number;
  readonly learning_rate: number;
  readonly momentum: number;
  readonly cases: readonly NetworkCase[];
}>('networks');
const { oracle, vectors } = vectorsOf<NetworkVector>('networks');
const { rows, classes, steps } = section;

/** The case's step program and the names of its parameters, in the order of Keras. */
function programOf(one: NetworkCase) {
  const { spec, network } = lower(`
model Parity {
  x = Input(${one.input.join(', ')})
${one.layers
  .map(({ kind, arguments: given, call, name, names = name ? [name] : [], from }) => {
    const written = `${kind}(${spelled({ ...given, ...call })})`;
    return `  ${names.length > 0 ? `${names.join(', ')} = ` : ''}${written}${from ? ` <- ${from.join(', ')}` : ''}`;
  })
  .join('\n')}
  y = Dense(${classes})
}
data { source: sparse_regression(seed: 1) }
train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  optimizer: sgd(learning_rate: ${section.learning_rate}, momentum: ${section.momentum})
  batch_size: ${rows}
  epochs: 1
}
`);
  const step = stepProgram(network, { ...spec.train.phases[0]!, finetune: false });
  const all = allParams(network);
  const params = all.filter((param) => param.trained);
  const weights = kerasWeights(params);
  const drawn = new Map(
    weights.flatMap((group, at) => {
      const sizes = group.map((param) => sizeOf(paramShape(param)));
      const parts = inParts(sizes, (size) => wave(size, 60 + at).map((x) => 0.5 * x));
      return group.map((param, k) => [param.name, parts[k]!] as const);
    }),
  );
  const still = all.filter((param) => !param.trained);
  const start = Object.fromEntries(
    step.state.map(({ name, shape, slot }) => {
      const size = sizeOf(shape);
      // What no gradient moves is around 1, since variances are positive.
      const place = still.findIndex((param) => param.name === name);
      const own = drawn.get(name) ?? wave(size, 90 + place).map((x) => 1 + 0.25 * x);
      const data = slot ? new Array<number>(size).fill(0) : own;
      return [name, floats(shape, data)];
    }),
  );
  const inputsAt = (at: number) => {
    const shape = [rows, ...one.input];
    const x = floats(
      shape,
      one.whole === undefined
        ? wave(sizeOf(shape), 300 + at).map((value) => 2 * value)
        : waveClasses(sizeOf(shape), 300 + at, one.whole),
    );
    const target = ints(waveClasses(rows, 400 + at, classes));
    const scalars = step.scalars({ step: at + 1, learningRate: section.learning_rate, rows });
    return { batch: { x, 'target:y': target }, scalars };
  };
  return { network, step, weights, params, still, start, inputsAt };
}

/** What draws numbers draws its own, which are not Keras'. */
const RANDOM = ['AlphaDropout', 'Dropout', 'GaussianDropout', 'GaussianNoise', 'SpatialDropout1D', 'SpatialDropout2D'];

test('every kind of layer is in a network, but for those that draw numbers', () => {
  const wrapped = (given: Arguments = {}) =>
    Object.values(given).flatMap((one) =>
      typeof one === 'object' && one !== null && 'kind' in one ? [String(one.kind)] : [],
    );
  const kinds = section.cases.flatMap((one) =>
    one.layers.flatMap(({ kind, arguments: given }) => [kind, ...wrapped(given)]),
  );
  expect([...new Set(kinds), 'Input', ...RANDOM].sort()).toEqual(Object.keys(layers).sort());
});

describe(`${steps} steps of networks in float64 as ${oracle}`, () => {
  test.each(section.cases)('$name', (one) => {
    const { network, step, weights, still, start, inputsAt } = programOf(one);
    const wanted = vectors[labelOf(one)]!;
    const bound = one.float32 ? 1e-5 : 1e-10;
    let state: Record<string, HostTensor | Tensor64> = start;
    for (let at = 0; at < steps; at++) {
      const { batch, scalars } = inputsAt(at);
      const numbers = Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, exact([], [value])]));
      const after = evaluate(step.program, { ...state, ...batch, ...numbers });
      expect(normwise([after.results.loss!.data[0]! / rows], [wanted.loss[at]!]), `loss ${at}`).toBeLessThan(bound);
      state = { ...state, ...after.state };
    }
    expect(weights.length).toBe(wanted.parameters.length);
    for (const [at, group] of weights.entries()) {
      const data = group.flatMap(({ name }) => [...state[name]!.data]);
      expect(normwise(data, wanted.parameters[at]!), group[0]!.name).toBeLessThan(bound);
    }
    expect(still.length).toBe(wanted.state?.length ?? 0);
    for (const [at, { name }] of still.entries())
      expect(normwise(state[name]!.data, wanted.state![at]!), name).toBeLessThan(bound);
    if (wanted.inference) {
      const { x } = inputsAt(steps - 1).batch;
      const { results } = evaluate(forwardProgram(network, { mode: 'inference' }), { ...state, x });
      expect(normwise(results.y!.data, wanted.inference)).toBeLessThan(bound);
    }
  });
});

const names: readonly EngineName[] = ['onnxruntime', 'tfjs-wasm', 'tfjs-cpu'];

for (const name of names) {
  const engine = engines[name];
  const readiness = await engine.probe();
  const label = readiness.ready ? name : `${name} (not ready: ${readiness.because})`;

  describe.skipIf(!readiness.ready)(
    `${steps} steps of networks on ${label}, within 1e-5 norm-wise (attention 1e-4)`,
    () => {
      test.each(section.cases)('$name', async (one) => {
        const { step, weights, params, still, start, inputsAt } = programOf(one);
        const loaded = await engine.load({ step: step.program }, { threads: 2 });
        await loaded.setState(start);
        for (let at = 0; at < steps; at++) {
          const { batch, scalars } = inputsAt(at);
          const numbers = Object.fromEntries(Object.entries(scalars).map(([key, value]) => [key, floats([], [value])]));
          await loaded.run('step', { ...batch, ...numbers });
        }
        const state = await loaded.state([...params, ...still].map((param) => param.name));
        await loaded.close();
        const wanted = vectors[labelOf(one)]!;
        for (const [at, group] of weights.entries()) {
          const data = group.flatMap(({ name }) => [...state[name]!.data]);
          expect(normwise(data, wanted.parameters[at]!), group[0]!.name).toBeLessThan(one.bound ?? 1e-5);
        }
        for (const [at, { name: parameter }] of still.entries())
          expect(normwise(state[parameter]!.data, wanted.state![at]!), parameter).toBeLessThan(one.bound ?? 1e-5);
      });
    },
  );
}
