import { grouped, mean, overSeeds, percent, small, spread, table, words } from './format.mjs';
import { seeds } from './row.mjs';

/** The tables of the DropNeuron paper go over these; every part that a combination does without is set to 0. */
const COMBINATIONS = [
  ['none'],
  ['L1'],
  ['L2'],
  ['dropout'],
  ['L1', 'dropout'],
  ['L2', 'dropout'],
  ['DropNeuron'],
  ['DropNeuron', 'dropout'],
  ['DropNeuron', 'L1'],
  ['DropNeuron', 'L2'],
  ['DropNeuron', 'L1', 'dropout'],
];
const VALUE_OF = { DropNeuron: 'penalty', L1: 'lasso', L2: 'ridge', dropout: 'drop' };

/** One run a combination, of `of`, and seed; `source` as in `seeds`. */
function combined(count, { source = false, of = COMBINATIONS } = {}) {
  return of.flatMap((parts) =>
    seeds(
      count,
      Object.entries(VALUE_OF).flatMap(([part, value]) => (parts.includes(part) ? [] : [`${value}=0`])),
      source,
    ).map((run) => ({
      ...run,
      name: `${parts.join('-').toLowerCase()}-${run.name}`,
      combination: parts.join(' + '),
    })),
  );
}

/** Simplified again at every threshold of the grid. */
function thresholds(grid, metric) {
  const simplified = grid.map((value) => [`simplify.threshold=weight(${value})`]);
  const measure = ({ simplify }) => ({
    thresholds: grid.map((value, k) => {
      const { weights_after, nonzero_weights, scores } = simplify(`weight-${value}`, simplified[k]);
      const of = (rows) => scores[rows].simplified.metrics[metric];
      return { value, weights_after, nonzero_weights, validation: of('validation'), test: of('test') };
    }),
  });
  return { simplified, measure };
}

/** The largest threshold of the grid at which it and every smaller one is fine by the validation rows; none is a threshold of 0. */
function chosen(run, fine) {
  const bad = run.thresholds.findIndex((one) => !fine(one.validation, run));
  return run.thresholds[(bad < 0 ? run.thresholds.length : bad) - 1];
}

/** One line for every combination, over its seeds. `published` has the paper's numbers by combination. */
function combinations({ about, metric, text, head, layers, shown = layers, fixed, fine, tolerance, published, end }) {
  const trained = (rows) => (run) => run.scores[rows].trained.metrics[metric];
  const test = (run) => run.scores.test.simplified.metrics[metric];
  const byValidation = (run) =>
    chosen(run, (score, one) => fine(score, trained('validation')(one))) ?? {
      value: 0,
      weights_after: run.weights_before,
      test: trained('test')(run),
    };
  return ({ runs, command }) => {
    // A result does not name a layer that only hands on others and has lost none.
    const whole = (layer) => runs.find((run) => run.units[layer])?.units[layer].before;
    const kept = (run, layer) => run.units[layer]?.after ?? whole(layer);
    const groups = [...new Set(runs.map((run) => run.combination))].map((name) =>
      runs.filter((run) => run.combination === name),
    );
    const average = (title, of, format) => ({ head: title, cell: (group) => format(mean(group.map(of))) });
    const over = (title, of) => ({
      head: title,
      cell: (group) => (group.length > 1 ? spread : (values) => text(values[0]))(group.map(of), text),
    });
    const values = (group) => [...new Set(group.map((run) => byValidation(run).value))].sort((a, b) => a - b);
    return `${about} ${overSeeds(groups[0].length)} \`${command}\`

${table(groups, [
  words('method', ([run]) => run.combination),
  {
    head: 'weights not zero, their count',
    cell: (group) =>
      `${grouped(mean(group.map((run) => run.nonzero)))} (${percent(mean(group.map((run) => run.nonzero / run.of)))} %)`,
  },
  words('neurons, their count', (group) =>
    Object.keys(group[0].neurons)
      .map((layer) => `${Math.round(mean(group.map((run) => run.neurons[layer].kept)))}/${group[0].neurons[layer].of}`)
      .join(', '),
  ),
  words('kept physically', (group) =>
    shown.map((layer) => Math.round(mean(group.map((run) => kept(run, layer))))).join('-'),
  ),
  average('weights, physically', (run) => run.weights_after, grouped),
  over(`test ${head}, before`, trained('test')),
  over(`test ${head}, after`, test),
  words('threshold by validation', (group) => values(group).join(', ')),
  average('weights, physically, at it', (run) => byValidation(run).weights_after, grouped),
  over(`test ${head}, at it`, (run) => byValidation(run).test),
  words('published', ([run]) => published[run.combination] ?? ''),
])}

Of ${grouped(runs[0].weights_before)} weights${runs[0].of === runs[0].weights_before ? '' : `, ${grouped(runs[0].of)} of them in ${layers.join(' and ')}`}. The columns up to "after" are at the scripts' fixed threshold of ${fixed}; "their count" takes ${runs[0].of === runs[0].weights_before ? 'all kernels' : `the kernels of ${layers.join(' and ')}`}. The threshold by validation is, for every seed, the largest of ${runs[0].thresholds.map(({ value }) => value).join(', ')} at which, and at all smaller ones, ${tolerance}; where all are too large nothing is cut (0). Nothing is trained again. ${end}
`;
  };
}

const NEVER_TRUE =
  'In the published script the dropout has no effect (its return value is discarded), so that its rows with and without are the same network; here dropout drops.';
const L2_ARGUMENT = 'The argument of L2 in these tables is ours.';

const withinAccuracy = {
  fine: (score, trained) => score >= trained - 0.002,
  tolerance: 'accuracy on the validation rows is at most 0.2 points below that of the trained network',
};
const withinError = {
  fine: (score, trained) => score <= 1.01 * trained,
  tolerance: 'the error on the validation rows is at most 1 % above that of the trained network',
};
const THEIR_PROTOCOL =
  "by the paper's protocol: penalties by their gradient, Adam at 1e-3, single weights below a threshold set to 0.";

/** The methods of the DropNeuron paper alone and together, in the shape of its tables. */
export const combinationRows = {
  'a1-combinations': {
    title: 'A1: penalties and dropout, alone and together',
    spec: 'specs/tables/lenet-300-100-combinations.dn',
    data: 'mnist/',
    runs: combined(3),
    counted: ['fc1', 'fc2', 'digit'],
    ...thresholds([0.005, 0.01, 0.02, 0.05], 'accuracy'),
    write: combinations({
      about: `MNIST 784-300-100-10 ${THEIR_PROTOCOL} 30 epochs, the paper has 100.`,
      metric: 'accuracy',
      text: percent,
      head: '%',
      layers: ['fc1', 'fc2', 'digit'],
      shown: ['image', 'fc1', 'fc2'],
      fixed: 0.01,
      ...withinAccuracy,
      published: {
        none: '223,350 (83.9 %); 98.10, 98.12 %',
        L1: '31,909 (11.99 %), physically 92,769; 97.90, 97.98 %',
        'DropNeuron + L1': '26,386 (9.91 %), physically 50,056; 98.13, 98.17 %',
      },
      end: `Published: weights not zero, test before and after. ${NEVER_TRUE} ${L2_ARGUMENT}`,
    }),
  },
  'a4-combinations': {
    title: 'A4: penalties and dropout, alone and together',
    spec: 'specs/tables/autoencoder-combinations.dn',
    data: 'mnist/',
    runs: combined(2),
    counted: ['encode1', 'encode2', 'decode1', 'pixels'],
    ...thresholds([0.005, 0.01, 0.02, 0.05], 'mse'),
    write: combinations({
      about: `The MNIST autoencoder 784-128-64-128-784 ${THEIR_PROTOCOL} 50 epochs, as published.`,
      metric: 'mse',
      text: small,
      head: 'MSE',
      layers: ['encode1', 'encode2', 'decode1', 'pixels'],
      shown: ['image', 'encode1', 'encode2', 'decode1', 'pixels'],
      fixed: 0.005,
      ...withinError,
      published: {
        none: '216,173 (99.6 %); 0.03118, 0.03118',
        L1: '40,934 (18.86 %), physically 168,533; 0.01152, 0.01151',
        'DropNeuron + L1': '42,341 (19.50 %), physically 163,332; 0.01210, 0.01212',
      },
      end: `Published: weights not zero, test before and after. ${NEVER_TRUE} ${L2_ARGUMENT}`,
    }),
  },
  'a5-combinations': {
    title: 'A5: penalties and dropout, alone and together',
    spec: 'specs/tables/lenet-5-combinations.dn',
    data: 'mnist/',
    runs: combined(1, { of: COMBINATIONS.filter((parts) => !parts.includes('L2') || parts.length === 1) }),
    counted: ['fc', 'digit'],
    ...thresholds([0.005, 0.01, 0.02, 0.05], 'accuracy'),
    write: combinations({
      about: `LeNet-5 (32-64-512, same padding) ${THEIR_PROTOCOL} 3 epochs, in which the learning rate falls to 0 by a cosine; the paper has about 9 without. Penalties, threshold and dropout are on the fully connected layers alone, as in its script.`,
      metric: 'accuracy',
      text: percent,
      head: '%',
      layers: ['fc', 'digit'],
      shown: ['conv1', 'conv2', 'flat', 'fc'],
      fixed: 0.01,
      ...withinAccuracy,
      published: {
        dropout: '888,684 (55.17 %); 99.07, 99.12 %',
        'L1 + dropout': '89,744 (5.57 %), of the layers physically up to 335,680; 99.01, 98.96 %',
        'DropNeuron + L1': '24,028 (1.49 %), of the layers physically up to 100,870; 99.07, 99.14 %',
      },
      end: `Published: weights of the two layers that are not zero, test before and after; its L1 with dropout has twice the argument of ours, and its dropout is not turned off for testing. ${L2_ARGUMENT}`,
    }),
  },
  'a7-combinations': {
    title: 'A7: penalties and dropout, alone and together',
    spec: 'specs/tables/sparse-regression-combinations.dn',
    runs: combined(5, { source: true }),
    counted: ['hidden', 'value'],
    ...thresholds([0.005, 0.01, 0.02, 0.05], 'nmse'),
    write: combinations({
      about: `Sparse regression 20-5-1 with two true features ${THEIR_PROTOCOL} Only the first layer has penalties and the threshold. Every seed draws rows and features of its own.`,
      metric: 'nmse',
      text: (value) => value.toExponential(1),
      head: 'NMSE',
      layers: ['hidden', 'value'],
      shown: ['features', 'hidden'],
      fixed: 0.01,
      ...withinError,
      published: {
        dropout: '60 % of the neurons; 0.539',
        'DropNeuron + L1': '3 of 105, 2-1-1; 3.58e-4',
      },
      end: `Published: weights not zero and what the paper calls NMSE, a plain mean squared error; its number with dropout is an artefact, dropout is not turned off for testing there. With two true features a mean of the features kept above 2 says that more were kept. ${L2_ARGUMENT}`,
    }),
  },
};
