import { readFileSync } from 'node:fs';
import { mean, overSeeds, percent, spread, table } from './format.mjs';
import { seeds } from './row.mjs';

const CYCLE = 12;
const CONVOLUTIONS = ['conv1', 'conv2', 'conv3', 'conv4'];
const WAYS = ['minimum', 'minimum_layer', 'random', 'random_layer'];

/** At the end of every cycle, before units go: the share of the units that is left, and the accuracy on the rows that the spec sets apart. */
function cyclesOf(out) {
  const history = readFileSync(`${out}/history.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ epoch }) => epoch % CYCLE === 0);
  const units = ({ alive }) => CONVOLUTIONS.reduce((sum, layer) => sum + alive[layer], 0);
  return history.map((row) => ({ left: units(row) / units(history[0]), accuracy: row.validation.metrics.accuracy }));
}

/** Cycles of training, after each of which a fifth of the filters goes and the rest begins again. */
export const dropnet = {
  a15: {
    title: 'A15: DropNet on the CIFAR-10 subset',
    spec: 'specs/tables/conv-dropnet.dn',
    data: 'cifar10-subset/',
    runs: WAYS.flatMap((way) =>
      seeds(3).map((run) => ({
        ...run,
        name: `${way.replace('_', '-')}-${run.name}`,
        way,
        ...(way !== 'minimum_layer' && { edits: [['minimum_layer', way]] }),
      })),
    ),
    measure: ({ out }) => ({ cycles: cyclesOf(out) }),
    write: ({ runs, command }) => {
      const of = (way) => runs.filter((run) => run.way === way);
      const at = (way, k) => of(way).map((run) => run.cycles[k]);
      const accuracies = (way, k) => at(way, k).map(({ accuracy }) => accuracy);
      const cycles = runs[0].cycles.map((_, k) => k);
      const small = (way) => cycles.filter((k) => mean(at(way, k).map(({ left }) => left)) <= 0.35);
      const wins = (way, random) =>
        small(way).filter((k) => mean(accuracies(way, k)) > mean(accuracies(random, k))).length;
      return `The first 2,000 training and 1,000 test images of CIFAR-10, averaged to 16 × 16; four convolutions of 32, 32, 64 and 64 filters, half of the published width; Adam at 1e-3, batches of 50. After every ${CYCLE} epochs a fifth of the filters goes, those of the least mean activation of all layers together (\`minimum\`) or of each (\`minimum_layer\`), or drawn (\`random\`, \`random_layer\`), and the rest begins again from its first weights. Accuracy on the 1,000 test images at the end of each cycle, nothing being chosen by it: one run gives the whole column. ${overSeeds(of(WAYS[0]).length)} \`${command}\`

${table(cycles, [
  ...[
    ['filters left, of all layers together', ['minimum', 'random']],
    ['filters left, of each layer', ['minimum_layer', 'random_layer']],
  ].flatMap(([head, ways]) => [
    { head, cell: (k) => mean(at(ways[0], k).map(({ left }) => left)).toFixed(3) },
    ...ways.map((way) => ({ head: `${way}: %`, cell: (k) => spread(accuracies(way, k), percent) })),
  ]),
])}

At sizes of 0.35 and less \`minimum_layer\` is above \`random_layer\` in the mean at ${wins('minimum_layer', 'random_layer')} of ${small('minimum_layer').length}, and \`minimum\` above \`random\` at ${wins('minimum', 'random')} of ${small('minimum').length}. The standard error of one accuracy is about 1.6 points. Published, of the whole CIFAR-10 at 64-64-128-128 (the authors' own cache of results): \`minimum_layer\` 66.82 at 1, 64.48 at 0.526, 62.14 at 0.349, 57.97 at 0.234, 52.56 at 0.109, 38.46 at 0.094; \`random_layer\` 63.97 at 0.526, 58.18 at 0.234, 28.88 at 0.109; \`minimum\` 26.55 at 0.094: down to 0.234 random is as good as the method there.
`;
    },
  },
};
