import { grouped, mean, overSeeds, percent, spread, table } from './format.mjs';
import { seeds } from './row.mjs';

const SPEC = 'specs/tables/adamnet-targeted.dn';

/** A trained network, pruned at every level anew, dead units removed, not trained again. */
function pruned(levels) {
  const simplified = levels.map((level) => [`prune=${level}`]);
  const measure = ({ simplify }) => ({
    pruned: levels.map((level, k) => {
      const { weights_after, nonzero_weights, scores } = simplify(`prune-${level}`, simplified[k]);
      return { level, weights_after, nonzero_weights, test: scores.test.simplified.metrics.accuracy };
    }),
  });
  return { simplified, measure };
}

/** Runs of one setting belong together: seed-1 of rate 0.66 and target 0.75 is `0.66-0.75-seed-1`. */
function settings(rates, count, sets = []) {
  return rates.flatMap(([rate, target]) =>
    seeds(count, [`rate=${rate}`, `target=${target}`, ...sets]).map((run) => ({
      ...run,
      name: `${rate}-${target}-${run.name}`,
      setting: rate === 0 ? 'without' : `rate ${rate}, target ${target}`,
    })),
  );
}

/** A line for every level, a column for every setting: test accuracy over the seeds, and what is left physically or not zero. */
function sweep({ about, published, sizes }) {
  return ({ runs, command }) => {
    const names = [...new Set(runs.map((run) => run.setting))];
    const of = (name) => runs.filter((run) => run.setting === name);
    const at = (name, k) => of(name).map((run) => run.pruned[k]);
    const levels = runs[0].pruned.map((_, k) => k);
    const columns = names.flatMap((name) => [
      {
        head: `${name}: test %`,
        cell: (k) =>
          spread(
            at(name, k).map(({ test }) => test),
            percent,
          ),
      },
      { head: sizes.head, cell: (k) => grouped(mean(at(name, k).map(sizes.of))) },
    ]);
    return `${about} Threshold: none; the share is pruned once after training, and nothing is trained again. ${overSeeds(of(names[0]).length)} \`${command}\`

${table(levels, [{ head: 'pruned %', cell: (k) => percent(runs[0].pruned[k].level) }, ...columns])}

Of ${grouped(runs[0].weights_before)} weights. ${published}
`;
  };
}

const physical = { head: 'weights, physically', of: (one) => one.weights_after };
const nonzero = { head: 'weights not zero', of: (one) => one.nonzero_weights };
const LEVELS = [0, 0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9];
const weightsInstead = [['of: unit', 'of: weight']];
const fashion = [['source: mnist', 'source: fashion_mnist']];

/** AdamNet (784-1000-1000-500-200-10, no biases), targeted dropout, pruned afterwards. */
export const pruning = {
  a8: {
    title: 'A8: Fashion-MNIST, AdamNet, units pruned without training again',
    spec: SPEC,
    data: 'fashion-mnist/',
    runs: settings(
      [
        [0, 0],
        [0.66, 0.75],
      ],
      5,
      ['train.epochs=20'],
    ).map((run) => ({ ...run, edits: fashion })),
    ...pruned(LEVELS),
    write: sweep({
      about: 'Fashion-MNIST, 55,000 training rows, 5,000 validation, 10,000 test; 20 epochs, batches of 128.',
      sizes: physical,
      published:
        'Published (geringer/targeted-dropout, 100 epochs, batches of 32; trained without targeted dropout and pruned by a script that the repository calls targeted dropout): base 89.17, 25 % 75.23, 50 % 48.14, 60 % 38.30, 70 % 13.26, 80 % 10.41. The 99 % at a loss of 4 % that its README quotes is from the paper by Gomez et al., of a ResNet-32.',
    }),
  },
  a9: {
    title: 'A9: MNIST, AdamNet, units pruned without training again',
    spec: SPEC,
    data: 'mnist/',
    runs: settings(
      [
        [0, 0],
        [0.66, 0.75],
      ],
      5,
    ),
    ...pruned(LEVELS),
    write: sweep({
      about: 'MNIST, 55,000 training rows, 5,000 validation, 10,000 test; 5 epochs, batches of 128.',
      sizes: physical,
      published:
        'Published (sharanry/Targeted-Dropout, same protocol, 60,000 training rows, one seed): without 0 % 96.99, 50 % 95.76, 60 % 94.96, 70 % 88.88, 80 % 71.56, 90 % 17.72; rate 0.66, target 0.75: 0 % 95.22, 50 % 97.04, 60 % 97.19, 70 % 96.73, 80 % 94.44, 90 % 47.04.',
    }),
  },
  a10: {
    title: 'A10: MNIST, AdamNet, weights pruned without training again',
    spec: SPEC,
    data: 'mnist/',
    runs: settings(
      [
        [0, 0],
        [0.33, 0.75],
      ],
      5,
    ).map((run) => ({ ...run, edits: weightsInstead })),
    ...pruned([0, 0.5, 0.8, 0.9, 0.95]),
    write: sweep({
      about: 'MNIST, as A9.',
      sizes: nonzero,
      published:
        'Published (sharanry/Targeted-Dropout): without 80 % 95.13, 90 % 88.80; rate 0.33, target 0.75: 80 % 96.75, 90 % 90.65.',
    }),
  },
  a11: {
    title: 'A11: Fashion-MNIST, AdamNet, 99 % of the weights pruned, with ramps',
    spec: SPEC,
    data: 'fashion-mnist/',
    runs: settings([[0.99, 0.99]], 3, ['train.epochs=30']).map((run) => ({
      ...run,
      edits: [...fashion, ['of: unit', 'of: weight, ramp: 20, target_ramp: 20']],
    })),
    ...pruned([0, 0.9, 0.95, 0.99]),
    write: sweep({
      about:
        'Fashion-MNIST, as A8; 30 epochs, the rate and the share of candidates rise over the first 20, as the ramping targeted dropout of Gomez et al.',
      sizes: nonzero,
      published:
        'The published 99 % at a loss of about 4 points is of the weights of a ResNet-32 on CIFAR-10 after 256 epochs on a GPU (Gomez et al. 2019); this row is a stand-in that a CPU can train.',
    }),
  },
};
