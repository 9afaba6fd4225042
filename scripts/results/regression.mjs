import { mean, table, words } from './format.mjs';
import { seeds } from './row.mjs';

const nmse = (run) => run.scores.test.simplified.metrics.nmse;
const scientific = (value) => value.toExponential(2);

/** What is left of features and units, in the numbers that the spec begins with. */
function own({ features, support, units, worst, lead, end }) {
  return ({ runs, command }) => {
    const left = (run) => [run.units.features?.after ?? features, run.units.hidden?.after ?? units];
    const found = runs.filter((run) => left(run)[0] === support && nmse(run) < worst);
    const single = found.filter((run) => left(run)[1] === 1);
    return `${lead} \`${command}\`

In ${found.length} of ${runs.length} seeds exactly ${support} features are left, and they are the true ones: with a wrong feature the test NMSE could not be below ${worst}. In ${single.length} of them one unit is left, too. Test NMSE (mean squared error over the target's variance): mean ${scientific(mean(runs.map(nmse)))}, largest ${scientific(Math.max(...runs.map(nmse)))}.
${end}

${table(runs, [
  words('seed', (run) => run.name),
  { head: 'features', cell: (run) => left(run)[0] },
  { head: 'units', cell: (run) => left(run)[1] },
  { head: 'test NMSE', cell: (run) => scientific(nmse(run)) },
])}
`;
  };
}

/** Sparse linear regression. */
export const regression = {
  'sparse-regression': {
    title: 'A7: sparse regression 20-5-1, two true features',
    spec: 'specs/sparse-regression.dn',
    runs: seeds(20, [], true),
    write: own({
      features: 20,
      support: 2,
      units: 5,
      worst: 0.05,
      lead: 'Twenty features, of which two matter, five hidden units, of which one is enough.',
      end: 'The published run (one seed) keeps 2-1-1 with 3.58e-4, which is a plain mean squared error.',
    }),
  },
  'sparse-regression-overcomplete': {
    title: 'A7 as the paper describes it: noise, unit sphere, overcomplete',
    spec: 'specs/sparse-regression-overcomplete.dn',
    runs: seeds(20, [], true),
    write: own({
      features: 60,
      support: 3,
      units: 5,
      worst: 0.03,
      lead: 'Sixty features on the unit sphere, of which three matter, 40 rows to learn from, noise with a standard deviation of 0.01.',
      end: "The paper promises this task; its script has standard normal features times 10, 500 rows and no noise, which least squares solves exactly. The test rows carry the noise, too, which no network can predict: its share of the target's variance is what is left of the NMSE.",
    }),
  },
  'sparse-regression-paper': {
    title: "A7 by the paper's protocol",
    spec: 'specs/sparse-regression-dropneuron.dn',
    runs: seeds(5, [], true),
    write: own({
      features: 20,
      support: 2,
      units: 5,
      worst: 0.05,
      lead: "The script's own hyperparameters (`regression.py`, arguments `50 0 250 1 .01`): gradient solver, only the first layer penalised, every weight below 0.01 set to 0, no retraining.",
      end: 'Published: 3 of 105 weights, 2-1-1, 3.58e-4 (plain mean squared error).',
    }),
  },
};
