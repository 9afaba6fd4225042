import { grouped, mean, numbers, overSeeds, percent, spread, table, words } from './format.mjs';
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

/** The recipe of a3 with one thing changed. */
function changed(name, edits) {
  return seeds(2, SHORTER).map((run) => ({ ...run, name: `${name}-${run.name}`, setting: name, edits }));
}

/** The schedule of the larger networks. */
const SHORTER = ['train.epochs=40', 'simplify.finetune.epochs=20', 'tolerance=0.002'];

/** As few weights as the accuracy of the best published networks allows. */
export const small = {
  a3: {
    title: 'A3: MNIST 784-300-100-10, as small as it gets',
    spec: SPEC,
    data: 'mnist/',
    runs: [
      ...setting('Penalty 4.5e-4, pixels 1e-3, 40 and 20 epochs', 'small', [
        'penalty=4.5e-4',
        'pixels=10e-4',
        ...SHORTER,
      ]),
      ...setting('Penalty 5.5e-4, pixels 1.6e-3, 60 and 100 epochs', 'smallest', []),
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
      ...changed('all parts', []),
      ...changed('no augmentation', [['\n  augment: [rotate(10), shift(1)]', '']]),
      ...changed('turned, not moved', [['rotate(10), shift(1)', 'rotate(10)']]),
      ...changed('moved, not turned', [['rotate(10), shift(1)', 'shift(1)']]),
      ...changed('groups not reweighted', [[', reweighted: true', '']]),
      ...changed('pixels as dear as units', [['let pixels    = 16e-4', 'let pixels    = penalty']]),
      ...changed('fine-tuning learns from the network before the cut, too', [
        ['    ema_momentum: 0.999\n  }', '    ema_momentum: 0.999\n  }\n  distil { weight: 0.5; temperature: 4 }'],
      ]),
      ...changed('no fine-tuning', []).map((run) => ({
        ...run,
        sets: [...run.sets.filter((set) => !set.startsWith('simplify.')), 'simplify.finetune=off'],
      })),
      ...changed('no average of weights', [['\n    ema_momentum: 0.999', '']]),
    ],
    write: ({ runs, command }) => {
      const groups = [...new Set(runs.map((run) => run.setting))].map((name) =>
        runs.filter((run) => run.setting === name),
      );
      const each = (of, text) => (group) => spread(group.map(of), text);
      return `${ROWS} Penalty 5.5e-4, pixels 1.6e-3, 40 and 20 epochs, a tolerance of 0.2 points. ${overSeeds(groups[0].length)} \`${command}\`

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
    runs: setting('Penalty 3.5e-4, pixels 8e-4, 40 and 20 epochs', 'small', [
      'hidden1=500',
      'hidden2=300',
      'penalty=3.5e-4',
      'pixels=8e-4',
      ...SHORTER,
    ]),
    write: settings(
      'Published: structured sparsity learning (Wen et al. 2016) 434-174-78 at 1.49 % error, sparse variational dropout 537-217-130, structured Bayesian pruning (Neklyudov et al. 2017) 245-160-55, 48,550 weights, at 1.55 %.',
    ),
  },
};
