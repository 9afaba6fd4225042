import * as tf from '@tensorflow/tfjs';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { activations } from '../../src/activations/index.js';
import { normWise } from '../../src/compiler/5-shrink/certificate.js';
import { forwardProgram, stepProgram } from '../../src/compiler/4-program/index.js';
import { compile } from '../../src/compiler/compile.js';
import { Source } from '../../src/diagnostics/source.js';
import { isUpToDate, sourceHash } from '../../src/exporters/artifact.js';
import { compileToFolder } from '../../src/exporters/compile-to-folder.js';
import '../../src/exporters/tfjs/classes.js';
import { tfjsModel } from '../../src/exporters/tfjs/topology.js';
import type { Network } from '../../src/ir/graph.js';
import { evaluate } from '../../src/program/evaluate.js';
import type { HostTensor } from '../../src/program/program.js';
import { Stream } from '../../src/random/streams.js';
import { loadLibrary, probeLibrary } from '../../src/runtime/engines/onnxruntime/library.js';
import { initialValues } from '../../src/runtime/weights/initial-values.js';
import { tensorsOf } from '../../src/runtime/weights/tensors.js';
import { temporaryFolder } from '../support/folders.js';

const ROWS = 7;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

/** A spec of these layers; the source only has to fit. */
function specOf(model: string, options: { readonly features?: number; readonly train?: string } = {}): string {
  return `model Net ${model}

data { source: sparse_regression(features: ${options.features ?? 12}) }

train { loss: mse; ${options.train ?? 'epochs: 1'} }
`;
}

const images = `
data { source: drawn_digits }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }
`;

const specs: Readonly<Record<string, string>> = {
  'li and lo': specOf(`@dropneuron(0.03) {
  features = Input(12)
  hidden   = Dense(8, activation: relu)
  drop     = Dropout(0.3)
  value    = Dense(1)
}`),
  'li apart from lo, reweighted, l1 and l2, biases too': specOf(`{
  features = Input(12)
  one      = Dense(8, activation: tanh)     @dropneuron(li: 0.01, lo: 0.2) @l2(0.05)
  two      = Dense(6, activation: sigmoid)  @dropneuron(0.02, reweighted: true, delta: 0.3) @l1(0.03, bias: true)
  three    = Dense(4, use_bias: false)      @l1(0.1) @l2(0.2)
  value    = Dense(1)                       @dropneuron(li: 0.5)
}`),
  'the gradient solver does not reweight': specOf(`{
  features = Input(12)
  hidden   = Dense(8)  @dropneuron(0.1, solver: gradient)
  value    = Dense(1)
}`),
  'an Input that keeps some features': specOf(`{
  features = Input(12, keep: [0, 3..5, 11])
  hidden   = Dense(8, activation: relu)  @dropneuron(0.1)
  value    = Dense(1)
}`),
  'a Flatten that keeps some features': `model Net @dropneuron(0.01) {
  image  = Input(28, 28, 1)
  pixels = Flatten(keep: [100..140, 400, 402..450])
  hidden = Dense(5, activation: relu)
  digit  = Dense(10)
}
${images}`,
  'Reshape, Rescaling, Activation, softmax': `model Net {
  image = Input(28, 28, 1)
  wide  = Rescaling(2, offset: -1)
  shape = Reshape(784)
  one   = Dense(5)
  bent  = Activation(relu)
  digit = Dense(10, activation: softmax)
}
${images.replace('true', 'false')}`,
  'penalties of several annotations add up': specOf(`{
  features = Input(12)
  hidden   = Dense(8)  @l1(0.1) @elastic(0.2, 0.3, bias: true)
  value    = Dense(1)  @l2(0.3)
}`),
  'penalties of another phase stay out': specOf(
    `{
  features = Input(12)
  hidden   = Dense(8)  @dropneuron(0.1, during: [second])
  value    = Dense(1)  @l2(0.3, during: [first])
}`,
    { train: 'phases { first { epochs: 1 }; second { epochs: 1 } }' },
  ),
};

/** Compiles into a folder, as the command does, and reads back what was written, with other weights than zeros for biases. */
async function compiled(text: string) {
  const folder = temporaryFolder();
  const file = path.join(folder, 'net.dn');
  const source = new Source(file, text);
  const { compiled: whole, folder: artifact, warnings } = await compileToFolder(source, file, []);
  return { ...whole, artifact, warnings, source };
}

/** What the model reads: raw rows, as the data has them. */
function rowsOf(network: Network): Record<string, HostTensor> {
  return Object.fromEntries(
    network.graph.inputs.map((name) => {
      const node = network.graph.nodes.find((one) => one.name === name)!;
      const shape = [ROWS, ...(node.arguments.shape as readonly number[])];
      const size = shape.reduce((product, extent) => product * extent, 1);
      const stream = Stream.named(name, { seed: 3 });
      return [name, { shape, data: Float32Array.from({ length: size }, (_, k) => 2 * stream.uniform(k) - 1) }];
    }),
  );
}

/** The rows with the features that an Input keeps: what dnc's own programs are given. */
function keptRows(network: Network, rows: Readonly<Record<string, HostTensor>>): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(rows).map(([name, tensor]) => {
      const keep = network.graph.nodes.find((one) => one.name === name)!.arguments.keep as
        | readonly number[]
        | undefined;
      if (!keep) return [name, tensor];
      const width = tensor.shape.at(-1)!;
      const data = Float32Array.from(
        { length: ROWS * keep.length },
        (_, k) => tensor.data[Math.floor(k / keep.length) * width + keep[k % keep.length]!]!,
      );
      return [name, { shape: [ROWS, keep.length], data }];
    }),
  );
}

/** Loads a model as a TensorFlow.js user does, from the files of the artifact folder. */
async function loaded(model: Record<string, unknown>, weights: Uint8Array): Promise<tf.LayersModel> {
  const { modelTopology, weightsManifest } = model as {
    modelTopology: object;
    weightsManifest: { weights: tf.io.WeightsManifestEntry[] }[];
  };
  return tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology,
      weightSpecs: weightsManifest.flatMap((group) => group.weights),
      weightData: Uint8Array.from(weights).buffer,
    }),
  );
}

function penaltyOf(model: tf.LayersModel): number {
  return tf.tidy(() => model.calculateLosses().reduce((sum, loss) => sum + loss.dataSync()[0]!, 0));
}

describe.each(Object.keys(specs))('the artifact of %s', (name) => {
  const text = specs[name]!;

  test('tf.loadLayersModel reads it, and predicts what dnc does', async () => {
    const { network, spec, artifact, warnings } = await compiled(text);
    expect(warnings).toEqual([]);
    const model = await loaded(
      JSON.parse(readFileSync(path.join(artifact, 'tfjs/model.json'), 'utf8')),
      readFileSync(path.join(artifact, 'tfjs/weights.bin')),
    );
    const values = initialValues(network, spec.train.seed);
    const rows = rowsOf(network);
    const wanted = evaluate(forwardProgram(network, { mode: 'inference' }), {
      ...tensorsOf(network, values),
      ...keptRows(network, rows),
    });
    const inputs = network.graph.inputs.map((input) =>
      tf.tensor(rows[input]!.data as Float32Array, [...rows[input]!.shape]),
    );
    const found = model.predict(inputs) as tf.Tensor;
    expect(normWise(wanted.results[network.graph.outputs[0]!.name]!.data, found.dataSync())).toBeLessThanOrEqual(1e-5);
  });

  test('its regularizers add up to the penalties of the step', async () => {
    const { network, spec } = compile(new Source('net.dn', text));
    const stream = Stream.named('values', { seed: 5 });
    let drawn = 0;
    // Biases that are not zero, and a dead column.
    const values = new Map(
      [...initialValues(network, 1)].map(([tensor, data]) => [
        tensor,
        data.map((w) => w + 0.1 * (stream.uniform(drawn++) - 0.5)),
      ]),
    );
    const first = [...values.keys()].find((tensor) => tensor.endsWith('.kernel'))!;
    const units =
      values.get(first)!.length / network.params.get(first.split('.')[0]!)!.kernel!.axes[0]!.dim.units.length;
    values.set(
      first,
      values.get(first)!.map((w, k) => (k % units === 0 ? 0 : w)),
    );

    const phase = { ...spec.train.phases[0]!, finetune: false };
    const exported = tfjsModel(network, values, phase);
    if ('missing' in exported) throw new Error(exported.missing);
    const model = await loaded(exported.model, exported.weights);

    const step = stepProgram(network, phase);
    const feeds: Record<string, HostTensor> = { ...tensorsOf(network, values), ...keptRows(network, rowsOf(network)) };
    for (const [scalar, value] of Object.entries(step.scalars({ step: 1, learningRate: 0.01, rows: ROWS })))
      feeds[scalar] = { shape: [], data: Float32Array.of(value) };
    for (const { name: input, value } of step.program.inputs) {
      if (feeds[input]) continue;
      const type = step.program.values[value]!;
      const shape = type.shape.map((extent) => (extent === 'batch' ? ROWS : extent));
      const size = shape.reduce((product, extent) => product * extent, 1);
      feeds[input] = { shape, data: type.dtype === 'int' ? new Int32Array(size) : new Float32Array(size) };
    }
    const { results } = evaluate(step.program, feeds);
    const wanted = step.penalties.reduce((sum, method) => sum + results[`penalty:${method}`]!.data[0]!, 0);
    const found = penaltyOf(model);
    expect(Math.abs(found - wanted)).toBeLessThanOrEqual(1e-5 * Math.max(wanted, 1e-3));
    const annotated = /@/.test(text);
    expect(wanted > 0).toBe(annotated);
  });

  const readiness = probeLibrary();
  test.skipIf(!readiness.ready)(
    `onnxruntime runs forward.onnx on whole rows${readiness.ready ? '' : ` (not ready: ${readiness.because})`}`,
    async () => {
      const { network, spec, artifact } = await compiled(text);
      const rows = rowsOf(network);
      const wanted = evaluate(forwardProgram(network, { mode: 'inference' }), {
        ...tensorsOf(network, initialValues(network, spec.train.seed)),
        ...keptRows(network, rows),
      });
      const ort = await loadLibrary();
      const session = await ort.InferenceSession.create(readFileSync(path.join(artifact, 'forward.onnx')), {
        logSeverityLevel: 3,
      });
      const found = await session.run(
        Object.fromEntries(
          Object.entries(rows).map(([input, { shape, data }]) => [
            input,
            new ort.Tensor('float32', data as Float32Array, shape),
          ]),
        ),
        {},
      );
      await session.release();
      const output = network.graph.outputs[0]!.name;
      expect(found[output]!.dims).toEqual(wanted.results[output]!.shape);
      expect(normWise(wanted.results[output]!.data, found[output]!.data as Float32Array)).toBeLessThanOrEqual(1e-5);
    },
  );
});

describe('every activation that TensorFlow.js has a name for', () => {
  test.each(Object.keys(activations))('%s', async (word) => {
    const text = specOf(`{
  features = Input(12)
  hidden   = Dense(9, activation: ${word})
  value    = Dense(1)
}`);
    const { network, warnings, artifact, spec } = await compiled(text);
    const values = initialValues(network, spec.train.seed);
    const exported = tfjsModel(network, values, { name: 'train', finetune: false });
    if ('missing' in exported) {
      // Nothing is written that would compute something else; the user is told.
      expect(warnings.map((one) => one.code)).toEqual(['no-tfjs-spelling']);
      expect(JSON.parse(readFileSync(path.join(artifact, 'manifest.json'), 'utf8')).files).not.toContain(
        'tfjs/model.json',
      );
      return;
    }
    const model = await loaded(exported.model, exported.weights);
    const rows = rowsOf(network);
    const wanted = evaluate(forwardProgram(network, { mode: 'inference' }), { ...tensorsOf(network, values), ...rows });
    const found = model.predict(tf.tensor(rows.features!.data as Float32Array, [...rows.features!.shape])) as tf.Tensor;
    expect(normWise(wanted.results.value!.data, found.dataSync())).toBeLessThanOrEqual(1e-5);
  });
});

describe('methods that are no regularizer', () => {
  test.each([
    ['@l0(0.1)', ['@l0']],
    ['@information_bottleneck(0.1, warm_up: 0) @l2(0.2)', ['@information_bottleneck']],
    ['@group_lasso(0.1) @dsd(0.5, during: second)', ['@group_lasso']],
    ['@dsd(0.5, during: second)', []],
  ])('%s: the model is written without them, which is told', async (annotation, left) => {
    const text = specOf(
      `{
  features = Input(12)
  hidden   = Dense(9, activation: relu)  ${annotation}
  value    = Dense(1)                    ${annotation}
}`,
      { train: 'phases { first { epochs: 1 }; second { epochs: 1 } }' },
    );
    const { network, warnings, spec } = await compiled(text);
    expect(warnings.map(({ code, message }) => [code, left.every((word) => message.includes(word))])).toEqual(
      left.length > 0 ? [['tfjs-without-method', true]] : [],
    );
    const values = initialValues(network, spec.train.seed);
    const exported = tfjsModel(network, values, { name: 'first', finetune: false });
    if ('missing' in exported) throw new Error(exported.missing);
    expect(exported.without).toEqual(left);
    const model = await loaded(exported.model, exported.weights);
    const rows = rowsOf(network);
    const wanted = evaluate(forwardProgram(network, { mode: 'inference' }), { ...tensorsOf(network, values), ...rows });
    const found = model.predict(tf.tensor(rows.features!.data as Float32Array, [...rows.features!.shape])) as tf.Tensor;
    expect(normWise(wanted.results.value!.data, found.dataSync())).toBeLessThanOrEqual(1e-5);
  });
});

describe('the artifact folder', () => {
  test('is up to date for the text and the values that it was made from, and for no other', async () => {
    const { artifact, source } = await compiled(specs['li and lo']!);
    expect(isUpToDate(artifact, sourceHash(source.text, [], false))).toBe(true);
    expect(isUpToDate(artifact, sourceHash(`${source.text} `, [], false))).toBe(false);
    expect(isUpToDate(artifact, sourceHash(source.text, ['train.epochs=2'], false))).toBe(false);
    expect(isUpToDate(artifact, sourceHash(source.text, [], true))).toBe(false);
    expect(isUpToDate(path.join(artifact, 'none'), sourceHash(source.text, [], false))).toBe(false);
  });

  test('holds the same bytes each time', () => {
    const files = ['spec.resolved.dn', 'forward.onnx', 'tfjs/model.json', 'tfjs/weights.bin', 'manifest.json'];
    const read = async () => {
      const { artifact } = await compiled(specs['li and lo']!);
      return files.map((file) => readFileSync(path.join(artifact, file)).toString('base64'));
    };
    expect(read()).toEqual(read());
  });

  test('its resolved spec says the same', async () => {
    const { artifact, spec } = await compiled(specs['li and lo']!);
    const resolved = readFileSync(path.join(artifact, 'spec.resolved.dn'), 'utf8');
    expect(compile(new Source('resolved.dn', resolved)).spec.hash).toBe(spec.hash);
  });
});
