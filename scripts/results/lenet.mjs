import { grouped, mean, numbers, percent, pictures, spread, table, words } from './format.mjs';
import { measureNeurons, neuronsColumn } from './neurons.mjs';
import { seeds } from './row.mjs';

const test = (run) => run.scores.test.simplified.metrics.accuracy;
const before = (run) => run.scores.test.trained.metrics.accuracy;
const weights = (run) => run.weights_after;
const kept = (run) => ['image', 'fc1', 'fc2'].map((layer) => run.units[layer]?.after ?? '?').join('-');

function own({ runs, command }) {
  return `MNIST, 55,000 training rows, first 5,000 validation, 10,000 test. \`${command}\`

${table(runs, [
  words('run', (run) => run.name),
  words('kept pixels-fc1-fc2', kept),
  numbers('weights', weights, grouped),
  { head: 'not zero after the cut', cell: (run) => grouped(run.nonzero_weights) },
  { head: 'validation %', cell: (run) => percent(run.scores.validation.simplified.metrics.accuracy) },
  { head: 'test %, trained', cell: (run) => percent(before(run)) },
  numbers('test %, simplified', test, percent),
])}
`;
}

/** Lambdas are no sample of anything: no mean. */
function curve({ runs, command }) {
  return own({ runs, command }).replace(/\| mean ± sd.*\n/, '');
}

function a1(found) {
  const { runs } = found;
  return `${own(found)}
The published run keeps 542-82-61 of 784-300-100 with 50,056 dense weights at 98.17 % (its headline, 26,386, counts non-zero weights inside that). dnc: largest of ${runs.length} runs ${grouped(Math.max(...runs.map(weights)))}, mean test accuracy ${percent(mean(runs.map(test)))} %.

${pictures('a1', ['fc1', 'fc2', 'digit'])}`;
}

const THEIR_COUNT = `Their neuron count takes the smaller of "has incoming" and "has outgoing" weights per layer; ours is what is left after dead units are removed to a fixpoint.`;

/** A row by the scripts' own protocol, with both ways to count. */
function protocol(published, what) {
  return ({ runs, command }) => `${what} \`${command}\`

${table(runs, [
  words('run', (run) => run.name),
  {
    head: 'non-zero weights, their count',
    cell: (run) => `${grouped(run.nonzero_weights)} (${percent(run.nonzero_weights / run.weights_before)} %)`,
    spread: (all) =>
      spread(
        all.map((run) => run.nonzero_weights),
        grouped,
      ),
  },
  neuronsColumn,
  words('kept, ours', kept),
  numbers('weights, ours', weights, grouped),
  { head: 'test %, before', cell: (run) => percent(before(run)) },
  numbers('test %, after', test, percent),
])}

${published} ${THEIR_COUNT}
`;
}

const RULE = 'every weight below 0.01 set to 0 after training, no retraining.';

/** MNIST, 784-300-100-10. */
export const lenet = {
  a1: {
    title: 'A1: MNIST 784-300-100-10, DropNeuron only',
    spec: 'specs/lenet-300-100.dn',
    data: 'mnist/',
    runs: seeds(5),
    write: a1,
  },
  'a1-lambda': {
    title: 'A1, the curve over lambda',
    spec: 'specs/lenet-300-100.dn',
    data: 'mnist/',
    runs: ['7e-5', '1e-4', '1.5e-4', '2e-4', '3e-4', '4e-4'].map((lambda) => ({
      name: `lambda-${lambda}`,
      sets: ['train.seed=1', `lambda=${lambda}`],
    })),
    write: curve,
  },
  'a1-gradient': {
    title: 'A1 with the gradient solver',
    spec: 'specs/lenet-300-100.dn',
    data: 'mnist/',
    runs: seeds(3),
    edit: ['@dropneuron(lambda)', '@dropneuron(lambda, solver: gradient)'],
    write: own,
  },
  'a1-reweighted': {
    title: 'A1, reweighted',
    spec: 'specs/lenet-300-100.dn',
    data: 'mnist/',
    runs: seeds(3),
    edit: ['@dropneuron(lambda)', '@dropneuron(lambda, reweighted: true)'],
    write: own,
  },
  'a1-paper': {
    title: "A1 by the paper's protocol",
    spec: 'specs/lenet-300-100-dropneuron.dn',
    data: 'mnist/',
    runs: seeds(5),
    measure: measureNeurons,
    write: protocol(
      'Published: 26,386 non-zero (9.91 %), 542/784, 83/300, 61/100, 10/10 neurons in their count, which physically is 542-82-61 and 50,056 weights; 98.13 % before, 98.17 % after.',
      `The scripts' own hyperparameters (the original's \`lenet-300-100.py\`, arguments \`.0001 0 .0005 .5 .01\`): gradient solver, ${RULE}`,
    ),
  },
  a2: {
    title: 'A2: L1 only',
    spec: 'specs/lenet-300-100-l1.dn',
    data: 'mnist/',
    runs: seeds(5),
    measure: measureNeurons,
    write: protocol(
      'Published: 31,909 non-zero (11.99 %), neurons 572, 140, 89, 10 in their count, which physically is 572-139-89 and 92,769 weights; 97.90 % before, 97.98 % after.',
      `The baseline beside A1 (arguments \`.0001 0 0 .5 .01\`): ${RULE}`,
    ),
  },
  'a2-none': {
    title: 'A2 without any penalty',
    spec: 'specs/lenet-300-100-l1.dn',
    data: 'mnist/',
    runs: seeds(3, ['lasso=0']),
    measure: measureNeurons,
    write: protocol(
      'Published: 223,350 non-zero (83.9 %), neurons 784, 300, 99, 10 in their count; 98.10 % before, 98.12 % after.',
      `Arguments \`0 0 0 .5 .01\`: ${RULE}`,
    ),
  },
};
