import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { normWise } from '../../src/compiler/5-shrink/certificate.js';
import { forwardProgram, stepProgram } from '../../src/compiler/4-program/index.js';
import { extents } from '../../src/ir/dims.js';
import { allParams } from '../../src/ir/graph.js';
import '../../src/exporters/tfjs/classes.js';
import { tfjsModel } from '../../src/exporters/tfjs/topology.js';
import { evaluate } from '../../src/program/evaluate.js';
import { sizeOf, type Tensor64 } from '../../src/program/program.js';
import { positive } from '../layers/harness.js';
import { cases } from '../layers/cases.js';
import { lower } from '../parity/support.js';
import { Random, seed } from '../program/support.js';

// Every layer that has a name in TensorFlow.js computes there what it computes here, from the weights in the order in which dnc writes them.

const ROWS = 3;
const rest = `data { source: sparse_regression }\ntrain { loss: mse; optimizer: sgd(0.01); epochs: 1 }\n`;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

const spelled = Object.values(cases).flatMap((entry) =>
  entry.cases.filter((one) => one.tfjs !== 'refused' && one.inputs.length > 0),
);

/** A network, numbers for its parameters and its inputs, and the model as TensorFlow.js reads it. */
async function exported(text: string, whole?: number) {
  const { spec, network } = lower(text);
  const random = new Random(text);
  const values = new Map(
    allParams(network).map((param) => [
      param.name,
      Float32Array.from({ length: sizeOf(extents(param.axes.map(({ dim }) => dim))) }, () =>
        param.trained ? random.between(-1, 1) : positive(random),
      ),
    ]),
  );
  const phase = { ...spec.train.phases[0]!, finetune: false };
  const written = tfjsModel(network, values, phase);
  if ('missing' in written) throw new Error(`no spelling: ${written.missing}`);
  const { modelTopology, weightsManifest } = written.model as {
    modelTopology: object;
    weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[];
  };
  const model = await tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology,
      weightSpecs: weightsManifest[0]!.weights,
      weightData: Uint8Array.from(written.weights).buffer,
    }),
  );
  const rows = network.graph.inputs.map((input): [string, Tensor64] => {
    const shape = [ROWS, ...extents(network.shapes.get(input)![0]!)];
    const data = Float64Array.from({ length: sizeOf(shape) }, () =>
      whole === undefined ? Math.fround(random.between(-1, 1)) : random.int(0, whole - 1),
    );
    return [input, { dtype: 'float', shape, data }];
  });
  const given = Object.fromEntries(
    allParams(network).map((param): [string, Tensor64] => [
      param.name,
      {
        dtype: 'float',
        shape: extents(param.axes.map(({ dim }) => dim)),
        data: Float64Array.from(values.get(param.name)!),
      },
    ]),
  );
  return { network, phase, model, rows, given };
}

describe(`layers in TensorFlow.js (seed ${seed})`, () => {
  test.each(spelled)('$call', async ({ call, inputs, whole }) => {
    const source = inputs.map((shape, k) => `  x${k} = Input(${shape.join(', ')})\n`).join('');
    const from = inputs.length > 1 ? ` <- ${inputs.map((_, k) => `x${k}`).join(', ')}` : '';
    const { network, model, rows, given } = await exported(
      `model Net {\n${source}  it = ${call}${from}\n}\n${rest}`,
      whole,
    );
    const wanted = evaluate(forwardProgram(network, { mode: 'inference' }), { ...Object.fromEntries(rows), ...given });
    const tensors = rows.map(([, { data, shape }]) => tf.tensor(Float32Array.from(data), [...shape]));
    const found = model.predict(tensors.length > 1 ? tensors : tensors[0]!) as tf.Tensor;
    expect(found.shape).toEqual(wanted.results.it!.shape);
    expect(normWise(wanted.results.it!.data, found.dataSync())).toBeLessThanOrEqual(1e-5);
  });
});

test('what is not trainable here is not trainable there', async () => {
  const { model } = await exported(
    `model Net {\n  x = Input(3)\n  a = Dense(2, trainable: false)\n  b = BatchNormalization(trainable: false)\n  c = Dense(1)\n}\n${rest}`,
  );
  expect(model.layers.map((layer) => [layer.name, layer.trainable]).slice(1)).toEqual([
    ['a', false],
    ['b', false],
    ['c', true],
  ]);
});

describe('regularizers of kernels with more than two axes', () => {
  const layers = {
    Conv1D: '6, 3);Conv1D(4, 2)',
    Conv2D: '5, 4, 3);Conv2D(4, [3, 2])',
    Conv2DTranspose: '3, 2, 3);Conv2DTranspose(4, [3, 2])',
  };
  test.each(Object.entries(layers))('%s: li, lo, l1 and l2 are those of the step program', async (_, text) => {
    const [input, call] = text.split(';');
    const { network, phase, model, rows, given } = await exported(
      `model Net {\n  x = Input(${input}\n  it = ${call} @dropneuron(li: 0.3, lo: 0.7, solver: gradient) @l1(0.1) @l2(0.2)\n}\n${rest}`,
    );
    const step = stepProgram(network, phase);
    const target = `target:it`;
    const shape = [ROWS, ...extents(network.shapes.get('it')![0]!)];
    const scalars = Object.entries(step.scalars({ step: 1, learningRate: 0.01, rows: ROWS })).map(
      ([name, value]): [string, Tensor64] => [name, { dtype: 'float', shape: [], data: Float64Array.of(value) }],
    );
    const slots = step.state.flatMap(({ name, shape: own, slot }): [string, Tensor64][] =>
      slot ? [[name, { dtype: 'float', shape: own, data: new Float64Array(sizeOf(own)) }]] : [],
    );
    const { results } = evaluate(step.program, {
      ...given,
      ...Object.fromEntries([...rows, ...scalars, ...slots]),
      [target]: { dtype: 'float', shape, data: new Float64Array(sizeOf(shape)) },
    });
    const wanted = step.penalties.reduce((sum, method) => sum + results[`penalty:${method}`]!.data[0]!, 0);
    const found = model.calculateLosses().reduce((sum, loss) => sum + loss.dataSync()[0]!, 0);
    expect(wanted).toBeGreaterThan(1);
    expect(Math.abs(found - wanted)).toBeLessThanOrEqual(1e-5 * wanted);
  });
});

test.each(['LSTM(4)', 'Bidirectional(SimpleRNN(2))', 'TimeDistributed(Dense(2))'])(
  '%s with a penalty is refused: TensorFlow.js leaves the regularizers of what it wraps out of the loss',
  async (call) => {
    const text = `model Net {\n  x = Input(3, 2)\n  it = ${call} @l1(0.1)\n}\n${rest}`;
    if (!call.startsWith('Bidirectional')) await expect(exported(text)).rejects.toThrow(/penalties of \w+ it/);
    await expect(exported(text.replace(' @l1(0.1)', ''))).resolves.toBeDefined();
  },
);
