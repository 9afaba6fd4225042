import { grouped, mean, percent, spread, table } from './format.mjs';
import { seeds } from './row.mjs';

/** One method on LeNet-300-100: the annotation that takes the place of the comment in the spec, and what else the spec needs. */
function method(name, annotation, { count = 3, rest = '', sets = [] } = {}) {
  return seeds(count, sets).map((run) => ({
    ...run,
    name: `${name.replaceAll(/[^a-z0-9]+/gi, '-').replaceAll(/^-|-$/g, '')}-${run.name}`,
    method: name,
    annotation,
    edits: [[' # method', ` ${annotation}`], ...(rest ? [['\ntrain {', `\n${rest}\n\ntrain {`]] : [])],
  }));
}

/** One line for every method: sizes and accuracies over its seeds. */
function compared({ about, sizes }) {
  return ({ runs, command }) => {
    const names = [...new Set(runs.map((run) => run.method))];
    const rows = names.map((name) => runs.filter((run) => run.method === name));
    const tests = (when) => (group) =>
      spread(
        group.map((run) => run.scores.test[when].metrics.accuracy),
        percent,
      );
    return `${about} MNIST, 55,000 training rows, 5,000 validation, 10,000 test; 784-300-100-10, batches of 128, Adam at a cosine from 1e-3. Mean ± standard deviation over ${rows[0].length} seeds. \`${command}\`

${table(rows, [
  { head: 'method', cell: ([{ method: name }]) => name, text: true },
  { head: 'annotation', cell: ([{ annotation }]) => `\`${annotation}\``, text: true },
  ...sizes,
  { head: 'test %, trained', cell: tests('trained') },
  { head: 'test %, simplified', cell: tests('simplified') },
])}
`;
  };
}

const kept = (layer) => ({
  head: layer,
  cell: (group) => mean(group.map((run) => run.units[layer].after)).toFixed(layer === 'image' ? 0 : 1),
});
const weights = (head, of) => ({ head, cell: (group) => grouped(mean(group.map(of))) });

const SPEC = 'specs/tables/lenet-300-100-methods.dn';
/** Units go half way; the same number of epochs for all. */
const unit = (criterion) => `@magnitude(0.8, of: unit, criterion: ${criterion}, schedule: polynomial)`;

/** Every method against magnitude and random at equal size. */
export const methods = {
  'methods-units': {
    title: 'Which units may go: criteria at equal size',
    spec: SPEC,
    data: 'mnist/',
    runs: [
      ...method('random', unit('random')),
      ...method('magnitude, l1', unit('l1')),
      ...method('magnitude, l2', unit('l2')),
      ...method('Taylor expansion', unit('taylor')),
      ...method('VIP of partial least squares', unit('vip')),
      ...method('mean activation', unit('activation')),
      ...method('DropNet, minimum of a layer', '@dropnet(5, drop: 0.275, left: 0.2, by: minimum_layer)'),
      ...method('DropNet, random of a layer', '@dropnet(5, drop: 0.275, left: 0.2, by: random_layer)'),
    ],
    write: compared({
      about:
        'Four of five units of both hidden layers go, by a polynomial schedule over the first half of 30 epochs (DropNet: in cycles of 5 epochs, rewound to the first weights).',
      sizes: [kept('fc1'), kept('fc2'), weights('weights, physically', (run) => run.weights_after)],
    }),
  },
  'methods-weights': {
    title: 'Which weights may go: methods at equal size',
    spec: SPEC,
    data: 'mnist/',
    runs: [
      ...method('random', '@magnitude(0.9, criterion: random, schedule: polynomial)'),
      ...method('magnitude, at once after training', '@magnitude(0.9)'),
      ...method('magnitude, polynomial', '@magnitude(0.9, schedule: polynomial)'),
      ...method('targeted dropout', '@targeted_dropout(0.5, 0.9)'),
      ...method('variational', '@variational(1e-4) @magnitude(0.9)'),
    ],
    write: compared({
      about: 'Nine of ten weights of both hidden layers become zero.',
      sizes: [
        weights('weights not zero', (run) => run.nonzero_weights),
        weights('weights, physically', (run) => run.weights_after),
      ],
    }),
  },
};
