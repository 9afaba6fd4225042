import { describe, expect, test } from 'vitest';
import { paramShape } from '../../src/compiler/3-dims/index.js';
import { stepProgram } from '../../src/compiler/4-program/index.js';
import { allParams } from '../../src/ir/graph.js';
import type { layers } from '../../src/layers/index.js';
import { evaluate } from '../../src/program/evaluate.js';
import type { HostTensor, Tensor64 } from '../../src/program/program.js';
import { sizeOf } from '../../src/program/program.js';
import { type EngineName, engines } from '../../src/runtime/engines/index.js';
import { type Arguments, casesOf, floats, ints, labelOf, normwise, vectorsOf, wave, waveClasses } from './numbers.js';
import { exact, lower, spelled } from './support.js';

interface NetworkCase extends Arguments {
  readonly name: string;
  readonly input: readonly number[];
  readonly layers: readonly { readonly kind: keyof typeof layers; readonly arguments?: Arguments }[];
}

interface NetworkVector {
  readonly loss: number[];
  readonly parameters: number[][];
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
${one.layers.map(({ kind, arguments: given }) => `  ${kind}(${spelled(given ?? {})})`).join('\n')}
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
  const params = allParams(network);
  const start = Object.fromEntries(
    step.state.map(({ name, shape, slot }) => {
      const at = params.findIndex((param) => param.name === name);
      const size = sizeOf(shape);
      const data = slot ? new Array<number>(size).fill(0) : wave(size, 60 + at).map((x) => 0.5 * x);
      return [name, floats(shape, data)];
    }),
  );
  const inputsAt = (at: number) => {
    const shape = [rows, ...one.input];
    const x = floats(
      shape,
      wave(sizeOf(shape), 300 + at).map((value) => 2 * value),
    );
    const target = ints(waveClasses(rows, 400 + at, classes));
    const scalars = step.scalars({ step: at + 1, learningRate: section.learning_rate, rows });
    return { batch: { x, 'target:y': target }, scalars };
  };
  return { step, params, start, inputsAt };
}

describe(`${steps} steps of networks in float64 as ${oracle}`, () => {
  test.each(section.cases)('$name', (one) => {
    const { step, params, start, inputsAt } = programOf(one);
    const wanted = vectors[labelOf(one)]!;
    let state: Record<string, HostTensor | Tensor64> = start;
    for (let at = 0; at < steps; at++) {
      const { batch, scalars } = inputsAt(at);
      const numbers = Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, exact([], [value])]));
      const after = evaluate(step.program, { ...state, ...batch, ...numbers });
      expect(normwise([after.results.loss!.data[0]! / rows], [wanted.loss[at]!]), `loss ${at}`).toBeLessThan(1e-10);
      state = { ...state, ...after.state };
    }
    expect(params.map((param) => sizeOf(paramShape(param)))).toEqual(wanted.parameters.map((one) => one.length));
    for (const [at, { name }] of params.entries())
      expect(normwise(state[name]!.data, wanted.parameters[at]!), name).toBeLessThan(1e-10);
  });
});

const names: readonly EngineName[] = ['onnxruntime', 'tfjs-wasm', 'tfjs-cpu'];

for (const name of names) {
  const engine = engines[name];
  const readiness = await engine.probe();
  const label = readiness.ready ? name : `${name} (not ready: ${readiness.because})`;

  describe.skipIf(!readiness.ready)(`${steps} steps of networks on ${label}, within 1e-5 norm-wise`, () => {
    test.each(section.cases)('$name', async (one) => {
      const { step, params, start, inputsAt } = programOf(one);
      const loaded = await engine.load({ step: step.program }, { threads: 2 });
      await loaded.setState(start);
      for (let at = 0; at < steps; at++) {
        const { batch, scalars } = inputsAt(at);
        const numbers = Object.fromEntries(Object.entries(scalars).map(([key, value]) => [key, floats([], [value])]));
        await loaded.run('step', { ...batch, ...numbers });
      }
      const state = await loaded.state(params.map((param) => param.name));
      await loaded.close();
      const wanted = vectors[labelOf(one)]!;
      for (const [at, { name: parameter }] of params.entries())
        expect(normwise(state[parameter]!.data, wanted.parameters[at]!), parameter).toBeLessThan(1e-5);
    });
  });
}
