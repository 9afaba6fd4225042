// What is measured, as specs: every bench trains them alike. What a network's peers compute beside it is written in bench/peers.
import { readFileSync } from 'node:fs';
import path from 'node:path';

export const BATCH = 128;

const training = `data { source: mnist }
train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  optimizer: adam(learning_rate: 1e-3)
  batch_size: ${BATCH}
  epochs: 1
}
`;

/** LeNet-300-100 with an annotation on every kernel, or ''; `width` times as wide. */
export const lenet300 = (annotation, { width = 1 } = {}) => `
model LeNet_300_100 ${annotation} {
  image = Input(784)
  fc1   = Dense(${300 * width}, activation: relu)
  fc2   = Dense(${100 * width}, activation: relu)
  digit = Dense(10)
}
${training}`;

/** The network that Caffe calls LeNet: nothing but a pooling after a convolution. */
export const lenet5Caffe = `
model LeNet_5_Caffe {
  image   = Input(28, 28, 1)
  conv1   = Conv2D(20, 5)
  pool1   = MaxPooling2D(2)
  conv2   = Conv2D(50, 5)
  pool2   = MaxPooling2D(2)
  flatten = Flatten()
  fc1     = Dense(500, activation: relu)
  digit   = Dense(10)
}
${training}`;

const specOf = (name) => readFileSync(path.resolve('specs', `${name}.dn`), 'utf8');

/** A spec of specs/ without its metrics, which peers do not compute, and with parts of its text replaced; each must be there. */
function specWith(name, replaced = {}) {
  let text = specOf(name).replaceAll(/^ *metrics: .*\n/gm, '');
  for (const [from, to] of Object.entries(replaced)) {
    if (!text.includes(from)) throw new Error(`specs/${name}.dn has no "${from}"`);
    text = text.replaceAll(from, to);
  }
  return text;
}

/** Of networks of Dense layers on MNIST's rows with li + lo on every kernel. */
const dense = {
  batch: BATCH,
  pool: 'digits',
  image: [784],
  learningRate: 1e-3,
  penalties: [[1e-4, 1e-4]],
  epoch: 55_000,
};

/**
 * The networks of the rows "one training step". `spec()`: the text, with the penalties as gradients, which is what peers compute; `asWritten()`: the spec as it is in
 * specs/, where that is another. `phase`: which of its phases. `pool`: which of the pools its rows come from. `epoch`: rows of the data set's training part.
 * For the peers: `penalties`, li and lo of each kernel in order, one for all where there is one; `lasso`, the l1 of the kernels and biases that have them.
 */
export const networks = {
  'lenet-300-100': {
    title: 'LeNet-300-100',
    about: '784-300-100-10, batch 128, li + lo with λ = 1e-4 on every kernel, Adam',
    spec: () => lenet300('@dropneuron(1e-4, solver: gradient)'),
    ...dense,
  },
  autoencoder: {
    title: 'Autoencoder',
    about:
      '784-128-64-128-784 with sigmoids, mean squared error, batch 256, the penalties of specs/autoencoder.dn on every kernel, Adam',
    spec: () => specWith('autoencoder', { 'reweighted: true': 'solver: gradient' }),
    asWritten: () => specOf('autoencoder'),
    phase: 1,
    batch: 256,
    pool: 'digits',
    targets: 'input',
    image: [784],
    learningRate: 1e-3,
    penalties: [[2e-5, 3e-6], [3e-6, 3e-6], [3e-6, 3e-6], [0, 2e-5]],
    epoch: 55_000,
  },
  adamnet: {
    title: 'AdamNet',
    about: '784-1000-1000-500-200-10, batch 128, li + lo with λ = 1e-4 on every kernel, Adam',
    spec: () => specWith('adamnet', { '@dropneuron(1e-4)': '@dropneuron(1e-4, solver: gradient)' }),
    asWritten: () => specOf('adamnet'),
    ...dense,
  },
  'lenet-5-caffe': {
    title: 'LeNet-5-Caffe',
    about:
      '5x5 convolutions of 20 and 50 filters without padding, each with a 2x2 maximum pooling, then 500 and 10 units, batch 128, Adam, no penalty',
    spec: () => lenet5Caffe,
    asWritten: () => specOf('lenet-5-caffe'),
    batch: BATCH,
    pool: 'digits',
    image: [28, 28, 1],
    learningRate: 1e-3,
    epoch: 55_000,
  },
  convnet: {
    title: 'ConvNet',
    about:
      '5x5 convolutions of 32 and 64 filters with padding, each with a 2x2 maximum pooling, then 512 and 10 units, batch 64, li + lo and l1 (biases too) on the two Dense, Adam',
    spec: () => specWith('convnet'),
    batch: 64,
    pool: 'digits',
    image: [28, 28, 1],
    learningRate: 1e-3,
    penalties: [[0, 0], [0, 0], [5e-5, 5e-5], [5e-5, 5e-5]],
    lasso: 2e-5,
    epoch: 50_000,
  },
  lstm: {
    title: 'LSTM',
    about: 'the first phase of specs/lstm-text.dn: 32 tokens of 100, an embedding of 32, 64 cells, one output, batch 64, Adam, no penalty',
    spec: () => specWith('lstm-text'),
    batch: 64,
    pool: 'tokens',
    image: [32],
    learningRate: 2e-3,
    epoch: 8_000,
  },
  'resnet-20': {
    title: 'ResNet-20',
    about: '32×32×3, batch 128, batch normalization, li + lo with λ = 1e-5 on every kernel, SGD with momentum 0.9; no augmentation',
    spec: () => specWith('resnet-20', { '@dropneuron(1e-5)': '@dropneuron(1e-5, solver: gradient)' }),
    asWritten: () => specOf('resnet-20'),
    batch: BATCH,
    pool: 'pictures',
    image: [32, 32, 3],
    learningRate: 0.01,
    penalties: [[1e-5, 1e-5]],
    epoch: 45_000,
  },
};
