// The networks of the bench as a user of TensorFlow.js writes them: layers, a loss with penalties, and `optimizer.minimize`. On the wasm backend, or on tfjs-node's.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { loadNative, loadWasm } from './tfjs-backends.mjs';

const [given, poolFile, labelsFile] = process.argv.slice(2);
const request = JSON.parse(given);
const require = createRequire(import.meta.url);
const tf = require('@tensorflow/tfjs');

const backend = await (request.backend === 'wasm' ? loadWasm : loadNative)(tf, require, request.threads);
if (backend.because) {
  answer({ ready: false, because: backend.because });
  process.exit(0);
}

const { layers } = tf;
const image = request.image;
const dense = (units, activation = 'linear', more = {}) => layers.dense({ units, activation, ...more });
const mlp = (units, activation, last) =>
  tf.sequential({
    layers: units.map((width, k) =>
      dense(width, k === units.length - 1 ? last : activation, k === 0 ? { inputShape: image } : {}),
    ),
  });
const wide = request.width ?? 1;
const builders = {
  'lenet-300-100': () => mlp([300 * wide, 100 * wide, 10], 'relu', 'linear'),
  autoencoder: () => mlp([128, 64, 128, 784], 'sigmoid', 'sigmoid'),
  adamnet: () => mlp([1000, 1000, 500, 200, 10], 'relu', 'linear'),
  'lenet-5-caffe': () =>
    tf.sequential({
      layers: [
        layers.conv2d({ filters: 20, kernelSize: 5, inputShape: image }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.conv2d({ filters: 50, kernelSize: 5 }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.flatten(),
        dense(500, 'relu'),
        dense(10),
      ],
    }),
  convnet: () =>
    tf.sequential({
      layers: [
        layers.conv2d({ filters: 32, kernelSize: 5, padding: 'same', activation: 'relu', inputShape: image }),
        layers.maxPooling2d({ poolSize: 2, padding: 'same' }),
        layers.conv2d({ filters: 64, kernelSize: 5, padding: 'same', activation: 'relu' }),
        layers.maxPooling2d({ poolSize: 2, padding: 'same' }),
        layers.flatten(),
        dense(512, 'relu'),
        dense(10),
      ],
    }),
  lstm: () =>
    tf.sequential({
      layers: [
        layers.embedding({ inputDim: 100, outputDim: 32, inputLength: 32 }),
        // The others' recurrent activation: tfjs' own is the hard sigmoid.
        layers.lstm({ units: 64, recurrentActivation: 'sigmoid' }),
        dense(1),
      ],
    }),
  'resnet-20': () => {
    const convBn = (x, filters, kernelSize = 3, strides = 1) =>
      layers
        .batchNormalization()
        .apply(layers.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false }).apply(x));
    const relu = (x) => layers.reLU().apply(x);
    const inputs = tf.input({ shape: image });
    let x = relu(convBn(inputs, 16));
    let before = 16;
    for (const filters of [16, 32, 64]) {
      for (let k = 0; k < 3; k++) {
        const strides = before === filters ? 1 : 2;
        const inner = convBn(relu(convBn(x, filters, 3, strides)), filters);
        const short = strides === 1 ? x : convBn(x, filters, 1, strides);
        x = relu(layers.add().apply([short, inner]));
        before = filters;
      }
    }
    return tf.model({ inputs, outputs: dense(10).apply(layers.globalAveragePooling2d({}).apply(x)) });
  },
};
const model = builders[request.network]();

const bytes = readFileSync(poolFile);
const numbers = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
const classes = Uint8Array.from(readFileSync(labelsFile));
const count = classes.length;
const isText = request.network === 'lstm';
const rows = tf.keep(
  request.network === 'convnet'
    ? tf.tidy(() => tf.sub(tf.tensor(numbers, [count, ...image]), 0.5))
    : tf.tensor(numbers, [count, ...image]),
);
const targets =
  request.targets === 'input'
    ? rows
    : isText
      ? tf.tensor(Float32Array.from(classes), [count, 1])
      : tf.tensor(Int32Array.from(classes), [count], 'int32');

const kernels = model.layers.flatMap((layer) => ('kernelInitializer' in layer && !isText ? [layer] : []));
const penalties = request.penalties ?? [[0, 0]];
const penaltyOf = (k) => penalties[penalties.length > 1 ? k : 0];
const lasso = request.lasso ?? 0;
/** Of a kernel [..., in, out]. */
const norms = (kernel, kept) => {
  const axes = kernel.shape.map((_, axis) => axis).filter((axis) => axis !== kept);
  return tf.sum(tf.sqrt(tf.add(tf.sum(tf.square(kernel), axes), 1e-30)));
};
function penalty() {
  const terms = [];
  for (const [k, layer] of kernels.entries()) {
    const [li, lo] = penaltyOf(k);
    if (!li && !lo) continue;
    const [kernel, bias] = layer.trainableWeights.map((weight) => weight.val);
    if (li) terms.push(tf.mul(li, norms(kernel, kernel.rank - 1)));
    if (lo) terms.push(tf.mul(lo, norms(kernel, kernel.rank - 2)));
    if (lasso) for (const one of [kernel, bias]) terms.push(tf.mul(lasso, tf.sum(tf.abs(one))));
  }
  return terms.length > 0 ? tf.addN(terms) : undefined;
}
function lossOf(y, predicted) {
  if (request.targets === 'input') return tf.losses.meanSquaredError(y, predicted);
  if (isText) return tf.losses.sigmoidCrossEntropy(y, predicted);
  return tf.losses.softmaxCrossEntropy(tf.oneHot(y, 10), predicted);
}
const optimizer =
  request.network === 'resnet-20'
    ? tf.train.momentum(request.learningRate, 0.9)
    : tf.train.adam(request.learningRate, 0.9, 0.999, 1e-7);

const perEpoch = Math.floor(count / request.batch);
let order;
let done = 0;
/** The mean loss of so many steps: the losses are read at the end, as it costs the others nothing before. */
function train(steps) {
  const losses = [];
  for (let k = 0; k < steps; k++, done++) {
    const at = done % perEpoch;
    if (at === 0) order = Int32Array.from(tf.util.createShuffledIndices(count));
    losses.push(
      tf.tidy(() => {
        const places = tf.tensor1d(order.subarray(at * request.batch, (at + 1) * request.batch), 'int32');
        const [x, y] = [tf.gather(rows, places), tf.gather(targets, places)];
        let loss;
        optimizer.minimize(() => {
          loss = tf.keep(lossOf(y, model.apply(x, { training: true })));
          const more = penalty();
          return more ? tf.add(loss, more) : tf.clone(loss);
        });
        return loss;
      }),
    );
  }
  const mean = losses.reduce((sum, loss) => sum + loss.dataSync()[0], 0) / steps;
  tf.dispose(losses);
  if (!Number.isFinite(mean)) throw new Error(`the loss is ${mean}`);
  return mean;
}

let first;
try {
  const start = performance.now();
  train(1);
  first = performance.now() - start;
} catch (error) {
  // A kernel that the backend does not have.
  answer({ ready: false, because: error.message.split('\n')[0] });
  process.exit(0);
}
const loss = train(request.warmUp);
answer({ ready: true, describe: backend.describe, versions: backend.versions, loadMs: first, loss });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'quit') break;
  const { steps } = JSON.parse(line);
  const start = performance.now();
  const loss = train(steps);
  answer({ ms: performance.now() - start, loss });
}
answer({ peakBytes: peakBytes() });
process.exit(0);

/** As bench/contestant.ts counts it. */
function peakBytes() {
  const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : '';
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return 1024 * (kilobytes ? Number(kilobytes) : process.resourceUsage().maxRSS);
}

function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
