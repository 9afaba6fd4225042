import { readFileSync } from 'node:fs';
import { median } from '../../bench/rounds.mjs';
import { grouped, mean, overSeeds, percent, spread, table } from './format.mjs';
import { seeds } from './row.mjs';

/** One method on LeNet-300-100: the annotation that takes the place of the comment in the spec, and what else the spec needs: a section, other words. */
function method(name, annotation, { count = 3, rest = '', sets = [], edits = [] } = {}) {
  return seeds(count, sets).map((run) => ({
    ...run,
    name: `${name.replaceAll(/[^a-z0-9]+/gi, '-').replaceAll(/^-|-$/g, '')}-${run.name}`,
    method: name,
    annotation,
    edits: [...edits, [' # method', ` ${annotation}`], ...(rest ? [['\ntrain {', `\n${rest}\n\ntrain {`]] : [])],
  }));
}

const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Seconds of every epoch of a run. */
function secondsOf(out) {
  const lines = readFileSync(`${out}/timing.jsonl`, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line).seconds);
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
    return `${about} MNIST, 55,000 training rows, 5,000 validation, 10,000 test; 784-300-100-10, batches of 128, Adam at a cosine from 1e-3. ${overSeeds(rows[0].length)} \`${command}\`

${table(rows, [
  { head: 'method', cell: ([{ method: name }]) => name, text: true },
  { head: 'annotation', cell: ([{ annotation }]) => (annotation ? `\`${annotation}\`` : ''), text: true },
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

/** The units of `fc2` are behind `digit`: what stands on the reader of units has to stand there, too. */
const onDigit = (annotation) => [['digit = Dense(10)', `digit = Dense(10)  ${annotation}`]];
const FINETUNE = 'finetune { optimizer: adam(learning_rate: cosine(5e-4)); epochs: 5 }';
/** 25 epochs and 5 of fine-tuning, and a size where a method has none of its own. */
const compressor = (name, annotation, { target, edits } = {}) =>
  method(name, annotation, {
    sets: ['epochs=25'],
    rest: `simplify { ${target ? `target { parameters: ${target} }; ` : ''}${FINETUNE} }`,
    edits,
  });
/** What 784-60-20 has, of 784-300-100-10. */
const FIFTH = '18.2%';

/** Chosen for their size, from tries with other coefficients. */
const L0 = '@l0(1e-5)';
const HIDDEN_L0 = '@l0(1e-5, drop: 0.5)';
const BOTTLENECK = '@information_bottleneck(4e-4)';
const LAST_BOTTLENECK = '@information_bottleneck(4e-4, weight: 0.03)';
/** What Net-Trim sets to zero of the hidden layers, by a try. */
const AFTER = 0.78;

/** Three phases alike, in place of one. */
const THREE_PHASES = [
  [
    'epochs: epochs',
    'phases { dense { epochs: epochs / 3 }; sparse { epochs: epochs / 3 }; again { epochs: epochs / 3 } }',
  ],
];
/** Behind both hidden layers. */
const dropout = (rate) => [[/( {2}# method)/g, `$1\n  Dropout(${rate})`]];

/** DropNet starts from the first weights in every cycle: at a rate that has gone down by then nothing would be learned. */
const CYCLES = { sets: ['train.optimizer=adam(learning_rate: 1e-3)'] };

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
      ...method('DropNet, minimum of a layer', '@dropnet(5, drop: 0.275, left: 0.2, by: minimum_layer)', CYCLES),
      ...method('DropNet, random of a layer', '@dropnet(5, drop: 0.275, left: 0.2, by: random_layer)', CYCLES),
    ],
    write: compared({
      about:
        'Four of five units of both hidden layers go, by a polynomial schedule over the first half of 30 epochs (DropNet: in cycles of 5 epochs at a constant rate, rewound to the first weights, so that its last network has had 5 epochs).',
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
      about: 'Nine of ten weights of both hidden layers become zero; variational dropout takes more by itself.',
      sizes: [
        weights('weights not zero', (run) => run.nonzero_weights),
        weights('weights, physically', (run) => run.weights_after),
      ],
    }),
  },
  'methods-compressors': {
    title: 'Methods that remove units, at about the size of 784-60-20-10',
    spec: SPEC,
    data: 'mnist/',
    runs: [
      ...compressor('random', unit('random')),
      ...compressor('magnitude', unit('l2')),
      ...compressor('group lasso', '@group_lasso(2e-5)', { target: FIFTH }),
      ...compressor('DropNeuron', '@dropneuron(1.5e-4)', { target: FIFTH }),
      ...compressor('l0', L0, { edits: [[/(fc2 .*)# method/g, `$1${HIDDEN_L0}`], ...onDigit(HIDDEN_L0)] }),
      ...compressor('information bottleneck', BOTTLENECK, { edits: onDigit(LAST_BOTTLENECK) }),
    ],
    write: compared({
      about: `25 epochs, then 5 of fine-tuning. Random and magnitude remove four of five units of both hidden layers; group lasso and DropNeuron are cut at the threshold that leaves at most as many parameters (\`target { parameters: ${FIFTH} }\`); the gates of the last two have no threshold: what they leave follows from their coefficients. DropNeuron and the gates remove pixels, too, which the others cannot. Gates stand on the last layer as well.`,
      sizes: [kept('image'), kept('fc1'), kept('fc2'), weights('weights, physically', (run) => run.weights_after)],
    }),
  },
  'methods-after-training': {
    title: 'Weights set to zero after training, at equal size, nothing trained again',
    spec: SPEC,
    data: 'mnist/',
    runs: [
      ...method('random', `@magnitude(${AFTER}, criterion: random)`),
      ...method('magnitude', `@magnitude(${AFTER})`),
      ...method('Net-Trim', '@net_trim(0.1)'),
      ...method('l0-constrained', `@l0_constrained(${Math.round(100 * (1 - AFTER))}%)`),
    ],
    write: compared({
      about:
        'Layers computed anew from 1,000 training rows, beside weights that are only set to zero. How many weights Net-Trim leaves follows from its bound, the others have about as many.',
      sizes: [
        weights('weights not zero', (run) => run.nonzero_weights),
        weights('weights, physically', (run) => run.weights_after),
      ],
    }),
  },
  'methods-prune-large': {
    title: 'Large weights pruned first, at equal size',
    spec: SPEC,
    data: 'mnist/',
    runs: [
      ...method('random', '@magnitude(0.85, criterion: random, schedule: polynomial, end: 20)'),
      ...method('magnitude', '@magnitude(0.85, schedule: polynomial, end: 20)'),
      ...method('large weights first', '@prune_large(0.85)'),
    ],
    write: compared({
      about:
        '85 % of the weights of both hidden layers become zero by the 20th of 30 epochs: the smallest all along, or a tenth from the top in the first ten epochs and the smallest then.',
      sizes: [
        weights('weights not zero', (run) => run.nonzero_weights),
        weights('weights, physically', (run) => run.weights_after),
      ],
    }),
  },
  'methods-dsd': {
    title: 'Dense, sparse, dense',
    spec: SPEC,
    data: 'mnist/',
    runs: [
      ...method('without', '', { count: 5, edits: THREE_PHASES }),
      ...method('dense, sparse, dense', '@dsd(0.3, during: sparse)', { count: 5, edits: THREE_PHASES }),
      ...method('dense, sparse, dense', '@dsd(0.5, during: sparse)', { count: 5, edits: THREE_PHASES }).map((run) => ({
        ...run,
        name: `half-${run.name}`,
        method: 'dense, sparse, dense, half',
      })),
    ],
    write: compared({
      about:
        'This method makes no network smaller: what it claims is accuracy. Three phases of 10 epochs, each with a cosine of its own; in the second the smallest weights are held at zero, which is magnitude pruning, and in the third all are trained. The first line has the same phases and nothing else.',
      sizes: [weights('weights not zero', (run) => run.nonzero_weights)],
    }),
  },
  'methods-spectral-dropout': {
    title: 'Spectral dropout beside pruning, at equal size',
    spec: SPEC,
    data: 'mnist/',
    runs: [
      ...method('random alone', unit('random')),
      ...method('magnitude alone', unit('l2')),
      ...method('magnitude and dropout', unit('l2'), { edits: dropout(0.2) }),
      ...method('magnitude and spectral dropout', `@spectral_dropout(share: 0.3, rate: 0.8) ${unit('l2')}`),
    ],
    write: compared({
      about:
        'Four of five units go, as in the first of these tables. Spectral dropout removes nothing by itself: what it claims is that the network does better, and that more of it can go. `Dropout(0.2)` drops as large a share of what the layers write.',
      sizes: [kept('fc1'), kept('fc2'), weights('weights, physically', (run) => run.weights_after)],
    }),
  },
  'methods-learn-and-drop': {
    title: 'Layers that stop are frozen: the time of training',
    spec: SPEC,
    data: 'mnist/',
    runs: [
      ...method('without', ''),
      ...method('frozen', '@learn_and_drop(0.05)'),
      ...method('without, two thirds of the epochs', '', { sets: ['epochs=20'] }),
    ],
    measure: ({ out }) => ({ seconds: secondsOf(out) }),
    write: compared({
      about:
        'This method makes no network smaller: what it claims is that training gets faster. Beside it the same network without, and one that stops after 20 of 30 epochs, about as much work. The time of a run is in epochs as long as its own first five (the median of them), so that runs at other hours can be compared.',
      sizes: [
        {
          head: 'time, in first epochs',
          cell: (group) =>
            spread(
              group.map(({ seconds }) => sum(seconds) / median(seconds.slice(0, 5))),
              (value) => value.toFixed(1),
            ),
        },
      ],
    }),
  },
};
