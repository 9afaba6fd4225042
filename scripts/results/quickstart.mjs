import { grouped, percent, table, words } from './format.mjs';
import { seeds } from './row.mjs';

const accuracy = (score) => percent(score.metrics.accuracy);

/** The demo. */
export const quickstart = {
  quickstart: {
    title: 'Quickstart: drawn digits 784-128-10',
    spec: 'specs/quickstart.dn',
    runs: seeds(3),
    write: ({
      runs,
      command,
    }) => `Digits that dnc draws itself: 7,000 training rows, 2,000 validation, 2,000 test. \`${command}\`

${table(runs, [
  words('run', (run) => run.name),
  { head: 'pixels', cell: (run) => `${run.units.pixels?.after} of 784` },
  { head: 'hidden units', cell: (run) => `${run.units.hidden.after} of ${run.units.hidden.before}` },
  { head: 'weights', cell: (run) => grouped(run.weights_after) },
  { head: 'test %, trained', cell: (run) => accuracy(run.scores.test.trained) },
  { head: 'test %, simplified', cell: (run) => accuracy(run.scores.test.simplified) },
])}
`,
  },
};
