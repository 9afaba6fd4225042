import { grouped, mean, numbers, percent, spread, table, words } from './format.mjs';
import { seeds } from './row.mjs';

const SPEC = 'specs/tables/lenet-300-100-small.dn';
const test = (run) => run.scores.test.simplified.metrics.accuracy;
const kept = (run) => ['flat', 'fc1', 'fc2'].map((layer) => run.units[layer].after).join('-');
const ROWS =
  'MNIST, 55,000 training rows, first 5,000 validation, 10,000 test; last epoch; pictures turned by up to 10 degrees and moved by up to a pixel while training (the published runs do without).';
const columns = [
  words('kept pixels-fc1-fc2', kept),
  numbers('weights', (run) => run.weights_after, grouped),
  { head: 'validation %', cell: (run) => percent(run.scores.validation.simplified.metrics.accuracy) },
  numbers('test %, trained', (run) => run.scores.test.trained.metrics.accuracy, percent),
  numbers('test %, simplified', test, percent),
];

/** A table for every setting, with its seeds. */
function settings(published) {
  return ({ runs, command }) => {
    const names = [...new Set(runs.map((run) => run.setting))];
    const parts = names.map((name) => {
      const of = runs.filter((run) => run.setting === name);
      const largest = grouped(Math.max(...of.map((run) => run.weights_after)));
      return `${name}; the largest of ${of.length} runs has ${largest} weights, the mean test accuracy is ${percent(mean(of.map(test)))} %:

${table(of, [words('run', (run) => run.name), ...columns])}`;
    });
    return `${ROWS} \`${command}\`

${parts.join('\n\n')}

${published}
`;
  };
}

function setting(name, prefix, sets) {
  return seeds(5, sets).map((run) => ({ ...run, name: `${prefix}-${run.name}`, setting: name }));
}

/** The recipe of a3's second table with one thing left out. */
function without(name, edits) {
  return seeds(2, SMALLEST).map((run) => ({ ...run, name: `${name}-${run.name}`, setting: name, edits }));
}

const SMALLEST = ['penalty=8e-4', 'pixels=24e-4'];

/** As few weights as the accuracy of the best published networks allows. */
export const small = {
  a3: {
    title: 'A3: MNIST 784-300-100-10, as small as it gets',
    spec: SPEC,
    data: 'mnist/',
    runs: [
      ...setting('Penalty 6e-4, pixels 1.8e-3', 'small', []),
      ...setting('Penalty 8e-4, pixels 2.4e-3', 'smallest', SMALLEST),
    ],
    write: settings(
      'Published, best of a run: l0 gates (Louizos et al. 2018) 266-88-33, 26,642 weights, 98.4 %; information bottleneck (Dai et al. 2018) 97-71-33, 9,560 weights, 98.3 %.',
    ),
  },
  'a3-parts': {
    title: 'A3: what each part of the recipe brings',
    spec: SPEC,
    data: 'mnist/',
    runs: [
      ...without('all parts', []),
      ...without('no augmentation', [['\n  augment: [rotate(10), shift(1)]', '']]),
      ...without('turned, not moved', [['rotate(10), shift(1)', 'rotate(10)']]),
      ...without('moved, not turned', [['rotate(10), shift(1)', 'shift(1)']]),
      ...without('groups not reweighted', [[', reweighted: true', '']]),
      ...without('pixels as dear as units', [['let pixels    = 18e-4', 'let pixels    = 8e-4']]).map((run) => ({
        ...run,
        sets: run.sets.filter((set) => !set.startsWith('pixels')),
      })),
      ...without('no distillation', [['\n  distil { weight: 0.5; temperature: 4 }', '']]),
      ...without('no average of weights', [['\n    ema_momentum: 0.999', '']]),
    ],
    write: ({ runs, command }) => {
      const groups = [...new Set(runs.map((run) => run.setting))].map((name) =>
        runs.filter((run) => run.setting === name),
      );
      const each = (of, text) => (group) => spread(group.map(of), text);
      return `${ROWS} Penalty 8e-4, pixels 2.4e-3; two seeds each, mean ± standard deviation. \`${command}\`

${table(groups, [
  words('recipe', ([{ setting: name }]) => name),
  { head: 'kept pixels-fc1-fc2', cell: (group) => group.map(kept).join(', ') },
  { head: 'weights', cell: each((run) => run.weights_after, grouped) },
  { head: 'test %, trained', cell: each((run) => run.scores.test.trained.metrics.accuracy, percent) },
  { head: 'test %, simplified', cell: each(test, percent) },
])}
`;
    },
  },
  a13: {
    title: 'A13: MNIST 784-500-300-10, as small as it gets',
    spec: SPEC,
    data: 'mnist/',
    runs: setting('Penalty 4e-4, pixels 1.2e-3', 'small', [
      'hidden1=500',
      'hidden2=300',
      'penalty=4e-4',
      'pixels=12e-4',
      'train.epochs=40',
      'simplify.finetune.epochs=20',
    ]),
    write: settings(
      'Published: structured sparsity learning (Wen et al. 2016) 434-174-78 at 1.49 % error, sparse variational dropout 537-217-130, structured Bayesian pruning (Neklyudov et al. 2017) 245-160-55, 48,550 weights, at 1.55 %.',
    ),
  },
};
