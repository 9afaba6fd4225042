import { grouped, mean, numbers, percent, pictures, small, table, words } from './format.mjs';
import { seeds } from './row.mjs';

/**
 * Units that go by themselves: what only hands on others (Flatten, Reshape) and the outputs, an interface, are not counted. An output of a single unit is not among a
 * result's `units` and need not be named.
 *
 * @throws Error where an output is named that is not among them
 */
export function unitsOf({ units }, outputs) {
  const unknown = outputs.filter((layer) => !Object.hasOwn(units, layer));
  if (unknown.length > 0)
    throw new Error(`no units of ${unknown.join(', ')}: there are ${Object.keys(units).join(', ')}`);
  const own = Object.entries(units).filter(
    ([layer]) => !/(^|\.)(flat|flatten|reshape)(_\d+)?$/.test(layer) && !outputs.includes(layer),
  );
  const sum = (when) => own.reduce((total, [, counts]) => total + counts[when], 0);
  return { before: sum('before'), after: sum('after') };
}

const share = ({ before, after }) => `${grouped(after)} of ${grouped(before)}`;
const accuracy = { name: 'accuracy', of: ({ metrics }) => metrics.accuracy, text: percent, unit: ' %', head: '%' };
const nmse = { name: 'nmse', of: ({ metrics }) => metrics.nmse, text: small, unit: '', head: 'NMSE' };

/** How a network did: what is kept of `layers`, and the metric on test rows before and after. */
function did({ rows, layers = [], outputs = [], metric, trivial, published }) {
  const at = (when) => (run) => metric.of(run.scores.test[when]);
  return ({ runs, command }) => `${rows} \`${command}\`

${table(runs, [
  words('run', (run) => run.name),
  ...layers.map((layer) => ({
    head: layer,
    cell: (run) => `${run.units[layer]?.after ?? '?'} of ${run.units[layer]?.before ?? '?'}`,
  })),
  { head: 'units', cell: (run) => share(unitsOf(run, outputs)) },
  numbers('weights', (run) => run.weights_after, grouped),
  numbers(`test ${metric.head}, trained`, at('trained'), metric.text),
  numbers(`test ${metric.head}, simplified`, at('simplified'), metric.text),
])}

${[`Of ${grouped(runs[0].weights_before)} weights.`, trivial, published?.({ runs, metric: at('simplified') })].filter(Boolean).join(' ')}
`;
}

/** A row: a spec, trained with so many seeds, and how it did, by its accuracy unless a metric is given. */
function network({ title, spec, data, count = 1, edit, ...how }) {
  return {
    title,
    spec,
    ...(data && { data }),
    runs: seeds(count),
    ...(edit && { edit }),
    write: did({ metric: accuracy, ...how }),
  };
}

const CAFFE =
  'Published, of 20-50-800-500: structured sparsity learning (Wen et al. 2016) 3-12-800-500 at 1.00 % error, structured Bayesian pruning (Neklyudov et al. 2017) 3-18-284-283 at 0.86 %, sparse variational dropout 17-32-329-75 at 0.75 %.';

/** A network of two convolutions and a fully connected layer, on MNIST. */
function onMnist({ layers = ['conv1', 'conv2', 'fc'], output = 'digit', count = 5, augmented = false, ...own }) {
  return network({
    ...own,
    data: 'mnist/',
    count,
    rows: `MNIST, 55,000 training rows, 5,000 validation, 10,000 test${augmented ? '; pictures turned by up to 10 degrees and moved by up to a pixel while training (the published runs do without)' : ''}.`,
    layers,
    outputs: [output],
    trivial: 'Guessing the most frequent class is right in 11.35 % of the test rows.',
  });
}

/** Convolutional, recurrent and attention networks, and what has several inputs or outputs. */
export const networks = {
  a5: onMnist({
    title: 'A5: MNIST, LeNet-5 of the DropNeuron scripts (32-64-512, same padding)',
    spec: 'specs/lenet-5.dn',
    published: ({ runs, metric }) =>
      `The published run has 99.14 % with 24,028 non-zero weights in the two fully connected layers, which are physically up to 907-110-10 or 100,870 weights of 1,610,752, and keeps all convolution channels. dnc: ${denseWeightsOf(runs)} dense weights in the fully connected layers, channels removed too, at ${percent(mean(runs.map(metric)))} % in the mean.

${pictures('a5', ['fc', 'digit']).trim()}`,
  }),
  a6: onMnist({
    title: 'A6: MNIST, the convolutional network of the TensorFlow tutorial',
    spec: 'specs/convnet.dn',
    layers: ['conv1', 'conv2', 'fc1'],
    output: 'fc2',
    count: 5,
    published: ({ runs }) =>
      `The published run has an error of 0.9 % with 33,648 non-zero weights in the fully connected layers (861-254-10, physically up to 221,234). dnc: ${denseWeightsOf(runs)} dense weights in them.`,
  }),
  a12: onMnist({
    title: 'A12: MNIST, LeNet-5-Caffe (20-50-500)',
    spec: 'specs/lenet-5-caffe.dn',
    published: () => CAFFE,
  }),
  'a12-small': onMnist({
    title: 'A12: MNIST, LeNet-5-Caffe, at the error of the best published',
    spec: 'specs/tables/lenet-5-caffe-small.dn',
    augmented: true,
    published: ({ runs, metric }) => {
      const most = (layer) => Math.max(...runs.map((run) => run.units[layer].after));
      return `At most ${most('conv1')} and ${most('conv2')} filters and ${most('fc')} units, with a mean error of ${percent(1 - mean(runs.map(metric)))} %. ${CAFFE}`;
    },
  }),
  adamnet: network({
    title: 'AdamNet on Fashion-MNIST',
    spec: 'specs/adamnet.dn',
    data: 'fashion-mnist/',
    rows: 'Fashion-MNIST, 55,000 training rows, 5,000 validation, 10,000 test.',
    layers: ['fc1', 'fc2', 'fc3', 'fc4'],
    outputs: ['label'],
    trivial: 'Guessing one class is right in 10 % of the test rows.',
  }),
  dec3: network({
    title: 'Dec3: drawn digits and letters, one-dimensional convolutions',
    spec: 'specs/dec3.dn',
    rows: 'Digits and letters that dnc draws itself.',
    outputs: ['label'],
    trivial: 'Guessing one of the classes is right in less than 3 %.',
  }),
  densenet: network({
    title: 'A densely connected network on drawn digits',
    spec: 'specs/densenet.dn',
    rows: 'Digits that dnc draws itself.',
    outputs: ['digit'],
    trivial: 'Guessing one class is right in about 10 %.',
  }),
  mobilenet: network({
    title: 'Depthwise convolutions on drawn digits',
    spec: 'specs/mobilenet.dn',
    rows: 'Digits that dnc draws itself.',
    outputs: ['digit'],
    trivial: 'Guessing one class is right in about 10 %.',
  }),
  'u-net': network({
    title: 'U-Net: which pixels belong to a drawn shape',
    spec: 'specs/u-net.dn',
    rows: 'Shapes that dnc draws itself.',
    trivial: 'Calling every pixel background is right in about 82 % of the pixels.',
  }),
  'conv-autoencoder': network({
    title: 'A convolutional autoencoder of drawn digits',
    spec: 'specs/conv-autoencoder.dn',
    rows: 'Digits that dnc draws itself.',
    metric: nmse,
    trivial: 'Answering with the mean image has an NMSE of about 1 per pixel.',
  }),
  a16: network({
    title: 'A16: an LSTM that reads generated texts',
    spec: 'specs/lstm-text.dn',
    count: 5,
    rows: 'Texts of `sequences`: 7,000 training rows, 1,000 validation, 2,000 test.',
    layers: ['words', 'lstm'],
    trivial: 'Guessing is right in 50 %, counting words in about 64 %; 5 % of the labels are wrong on purpose.',
    published: ({ runs }) =>
      `Loss on the test rows, trained and simplified: ${runs.map(({ scores: { test } }) => `${small(test.trained.loss)} and ${small(test.simplified.loss)}`).join(', ')}. The row below is the same network without the annotation.`,
  }),
  'a16-dense': network({
    title: 'A16 without the annotation',
    spec: 'specs/lstm-text.dn',
    count: 5,
    edit: [/ *@dropneuron\([^)]*\)/g, ''],
    rows: 'As above.',
    layers: ['words', 'lstm'],
    trivial: '',
    published: ({ runs }) =>
      `Loss on the test rows: ${runs.map(({ scores: { test } }) => small(test.trained.loss)).join(', ')}.`,
  }),
  'gru-series': network({
    title: 'A GRU that predicts a generated series',
    spec: 'specs/gru-series.dn',
    count: 2,
    rows: 'Windows over `series`, split by time.',
    metric: nmse,
    trivial: "Answering with the mean has an NMSE of 1; nobody is below the noise's share (`dnc help series`).",
  }),
  transformer: network({
    title: 'A small transformer encoder that reads generated texts',
    spec: 'specs/transformer.dn',
    rows: 'Texts of `sequences`: 7,000 training rows, 1,000 validation, 2,000 test.',
    trivial: 'Guessing is right in 50 %, counting words in about 64 %; 5 % of the labels are wrong on purpose.',
  }),
  'two-towers': network({
    title: 'Two towers with shared weights: are two drawn digits the same?',
    spec: 'specs/two-towers.dn',
    rows: 'Pairs that dnc draws itself.',
    metric: { ...accuracy, of: ({ metrics }) => metrics.same_accuracy },
    trivial: 'Guessing `same` is right in 50 %.',
  }),
};

/** Elements of the two fully connected kernels behind the flattened map, run by run. */
function denseWeightsOf(runs) {
  const weights = ({ flat, fc, fc1 = fc, fc2, digit = fc2 }) => flat.after * fc1.after + fc1.after * digit.after;
  return runs.map(({ units }) => grouped(weights(units))).join(', ');
}
