import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { normWise } from '../../src/compiler/5-shrink/certificate.js';
import { stepProgram } from '../../src/compiler/4-program/index.js';
import { compile } from '../../src/compiler/compile.js';
import { Source } from '../../src/diagnostics/source.js';
import '../../src/exporters/tfjs/classes.js';
import { tfjsModel } from '../../src/exporters/tfjs/topology.js';
import { evaluate } from '../../src/program/evaluate.js';
import type { HostTensor, Tensor64 } from '../../src/program/program.js';
import { Stream } from '../../src/random/streams.js';
import { initialValues } from '../../src/runtime/weights/initial-values.js';

// Who goes on with the exported model in TensorFlow.js trains what dnc trains: `LayersModel.fit` by SGD, its rows in order, against the step program.

const STEPS = 20;
const ROWS = 8;
const RATE = 0.05;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

const cases = {
  'values, with li, lo, l1 and l2, biases too': {
    loss: 'mse',
    source: 'sparse_regression(features: 12)',
    features: 12,
    keep: ', keep: [0, 2..6, 11]',
    output: 'value = Dense(1) @dropneuron(li: 0.002, lo: 0.004, solver: gradient) @l2(0.01)',
    tfjs: 'meanSquaredError',
  },
  'classes from logits': {
    loss: 'sparse_categorical_crossentropy(from_logits: true)',
    source: 'drawn_digits',
    features: 784,
    keep: ', keep: [100..140, 402..450]',
    output: 'value = Dense(10) @dropneuron(0.003, solver: gradient)',
    tfjs: (labels: tf.Tensor, logits: tf.Tensor) => tf.losses.softmaxCrossEntropy(labels, logits),
  },
} as const;

describe.each(Object.entries(cases))('%s', (_, { loss, source, features, keep, output, tfjs }) => {
  test.each([
    ['all features', false],
    ['some features, picked by the model', true],
  ])(`${STEPS} steps of LayersModel.fit are those of the step program: %s`, async (_, picks) => {
    const isClasses = typeof tfjs !== 'string';
    const text = `model Net {
  features = Input(${features}${picks ? keep : ''})
  one      = Dense(9, activation: tanh)  @dropneuron(0.005, solver: gradient) @l1(0.002, bias: true)
  two      = Dense(7, activation: relu)  @dropneuron(li: 0.004, lo: 0.001, solver: gradient) @l1(0.001) @l2(0.01)
  ${output}
}
data { source: ${source} }
train { loss: ${loss}; optimizer: sgd(${RATE}); epochs: 1 }
`;
    const { spec, network } = compile(new Source('net.dn', text));
    const values = initialValues(network, 5);
    const phase = { ...spec.train.phases[0]!, finetune: false };

    const stream = Stream.named('rows', { seed: 9 });
    const whole = Float32Array.from({ length: STEPS * ROWS * features }, (_, k) => 2 * stream.uniform(k) - 1);
    const targets = isClasses
      ? Int32Array.from({ length: STEPS * ROWS }, (_, row) => Math.floor(5 + 5 * whole[row * features + 100]!))
      : Float32Array.from(
          { length: STEPS * ROWS },
          (_, row) => whole[row * features]! ** 2 + whole[row * features + 2]!,
        );

    const exported = tfjsModel(network, values, phase);
    if ('missing' in exported) throw new Error(exported.missing);
    const { modelTopology, weightsManifest } = exported.model as {
      modelTopology: object;
      weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[];
    };
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({
        modelTopology,
        weightSpecs: weightsManifest[0]!.weights,
        weightData: Uint8Array.from(exported.weights).buffer,
      }),
    );
    model.compile({ optimizer: tf.train.sgd(RATE), loss: tfjs as 'meanSquaredError' });
    await model.fit(
      tf.tensor(whole, [STEPS * ROWS, features]),
      isClasses ? tf.oneHot(tf.tensor(targets, [STEPS * ROWS], 'int32'), 10) : tf.tensor(targets, [STEPS * ROWS, 1]),
      { batchSize: ROWS, epochs: 1, shuffle: false, verbose: 0 },
    );

    const step = stepProgram(network, phase);
    const kept = network.graph.nodes.find((node) => node.kind === 'Input')!.arguments.keep as number[] | undefined;
    const read = kept ?? Array.from({ length: features }, (_, k) => k);
    let state: Record<string, HostTensor | Tensor64> = Object.fromEntries(
      step.state.map(({ name, shape }) => [name, { shape, data: values.get(name)! }]),
    );
    const before = state;
    for (let k = 0; k < STEPS; k++) {
      const rows = Array.from({ length: ROWS }, (_, row) => k * ROWS + row);
      const feeds: Record<string, HostTensor> = {
        features: {
          shape: [ROWS, read.length],
          data: Float32Array.from(rows.flatMap((row) => read.map((feature) => whole[row * features + feature]!))),
        },
        [`target:${step.targets[0]!.output}`]: {
          shape: isClasses ? [ROWS] : [ROWS, 1],
          data: targets.slice(k * ROWS, (k + 1) * ROWS),
        },
      };
      const scalars = step.scalars({ step: k + 1, learningRate: RATE, rows: ROWS });
      for (const [name, value] of Object.entries(scalars)) feeds[name] = { shape: [], data: Float32Array.of(value) };
      state = { ...state, ...evaluate(step.program, { ...state, ...feeds }).state };
    }

    for (const { originalName, val } of model.weights.map((one) => ({
      originalName: one.originalName,
      val: one.read(),
    }))) {
      const name = originalName.replace('/', '.');
      const wanted = state[name]!;
      expect([...val.shape], name).toEqual(wanted.shape);
      expect(normWise(wanted.data, val.dataSync()), name).toBeLessThanOrEqual(1e-5);
      // And there was something to agree about.
      expect(normWise(wanted.data, before[name]!.data), name).toBeGreaterThan(1e-2);
    }
    expect(model.weights).toHaveLength(Object.keys(state).length);
  });
});
