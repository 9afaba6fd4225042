// Regenerates docs/results.md: trains the rows named on the command line (all when none is), one run at a time. A run that is there is taken as it
// is and one that was stopped goes on, so the whole is resumable. Raw data: docs/results.json.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'data-dir': { type: 'string' },
    engine: { type: 'string', default: 'auto' },
    fresh: { type: 'boolean', default: false },
  },
});
const FOLDER = '.cache/results';
const RAW = 'docs/results.json';

const seeds = (count) => Array.from({ length: count }, (_, k) => k + 1);

/** Every row: the spec, its `--set` values by run, and how it reads in the document. */
const rows = {
  a1: {
    title: 'A1: MNIST 784-300-100-10, DropNeuron only',
    spec: 'specs/lenet-300-100.dn',
    needsData: true,
    runs: seeds(5).map((seed) => ({ name: `seed-${seed}`, sets: [`train.seed=${seed}`] })),
    write: writeA1,
  },
  'a1-lambda': {
    title: 'A1, the curve over lambda',
    spec: 'specs/lenet-300-100.dn',
    needsData: true,
    runs: ['7e-5', '1e-4', '1.5e-4', '2e-4', '3e-4', '4e-4'].map((lambda) => ({
      name: `lambda-${lambda}`,
      sets: ['train.seed=1', `lambda=${lambda}`],
    })),
    write: writeCurve,
  },
  'a1-paper': {
    title: "A1 by the paper's protocol",
    spec: 'specs/lenet-300-100-dropneuron.dn',
    needsData: true,
    runs: seeds(5).map((seed) => ({ name: `seed-${seed}`, sets: [`train.seed=${seed}`] })),
    write: writePaper,
  },
  'a1-gradient': {
    title: 'A1 with the gradient solver',
    spec: 'specs/lenet-300-100.dn',
    needsData: true,
    runs: seeds(3).map((seed) => ({ name: `seed-${seed}`, sets: [`train.seed=${seed}`] })),
    edit: ['@dropneuron(lambda)', '@dropneuron(lambda, solver: gradient)'],
    write: writeA1,
  },
  'a1-reweighted': {
    title: 'A1, reweighted',
    spec: 'specs/lenet-300-100.dn',
    needsData: true,
    runs: seeds(3).map((seed) => ({ name: `seed-${seed}`, sets: [`train.seed=${seed}`] })),
    edit: ['@dropneuron(lambda)', '@dropneuron(lambda, reweighted: true)'],
    write: writeA1,
  },
  'sparse-regression': {
    title: 'A7: sparse regression 20-5-1, two true features',
    spec: 'specs/sparse-regression.dn',
    needsData: false,
    runs: seeds(20).map((seed) => ({ name: `seed-${seed}`, sets: [`train.seed=${seed}`, `data.source.seed=${seed}`] })),
    write: writeRegression,
  },
  quickstart: {
    title: 'Quickstart: drawn digits 784-128-10',
    spec: 'specs/quickstart.dn',
    needsData: false,
    runs: seeds(3).map((seed) => ({ name: `seed-${seed}`, sets: [`train.seed=${seed}`] })),
    write: writeQuickstart,
  },
};

const wanted = positionals.length > 0 ? positionals : Object.keys(rows);
for (const name of wanted) {
  if (!Object.hasOwn(rows, name)) fail(`there is no row ${name}; the rows are ${Object.keys(rows).join(', ')}`);
}
const raw = existsSync(RAW) ? JSON.parse(readFileSync(RAW, 'utf8')) : { format: 1, rows: {} };
for (const name of wanted) {
  const row = rows[name];
  if (row.needsData && options['data-dir'] === undefined)
    fail(`the row ${name} needs --data-dir <folder that holds mnist/>`);
  raw.rows[name] = { spec: row.spec, runs: row.runs.map((run) => ({ ...run, ...runOne(name, row, run) })) };
  mkdirSync('docs', { recursive: true });
  writeFileSync(RAW, `${JSON.stringify(raw, undefined, 2)}\n`);
  writeFileSync('docs/results.md', document(raw));
}

/** The spec of a row: a file of specs/, or a copy with one word changed. */
function specOf(rowName, row) {
  if (!row.edit) return row.spec;
  const text = readFileSync(row.spec, 'utf8');
  const [before, after] = row.edit;
  if (!text.includes(before)) fail(`${row.spec} does not say ${before}`);
  const copy = `${FOLDER}/${rowName}/${row.spec.replace(/^.*\//, '')}`;
  mkdirSync(`${FOLDER}/${rowName}`, { recursive: true });
  writeFileSync(copy, text.replace(before, after));
  return copy;
}

/** Trains one run, or goes on with it, or takes what is there. */
function runOne(rowName, row, run) {
  const out = `${FOLDER}/${rowName}/${run.name}`;
  if (options.fresh) rmSync(out, { recursive: true, force: true });
  const result = `${out}/result.json`;
  if (!existsSync(result)) {
    const resume = existsSync(`${out}/run.json`);
    console.error(`${rowName} ${run.name}${resume ? ' (going on)' : ''}`);
    const args = resume
      ? ['train', '--resume', out]
      : [
          'train',
          specOf(rowName, row),
          '--out',
          out,
          '--engine',
          options.engine,
          ...run.sets.flatMap((set) => ['--set', set]),
          ...(row.needsData ? ['--data-dir', options['data-dir']] : []),
        ];
    const { status } = spawnSync(process.execPath, ['dist/cli.js', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) fail(`${rowName} ${run.name} ended with exit code ${status}`);
  }
  const { threshold, nonzero_weights, weights_before, weights_after, units, equivalent, difference, scores } =
    JSON.parse(readFileSync(result, 'utf8'));
  const neurons = neuronsTheirWay(`${out}/${row.spec.replace(/^.*\//, '').replace(/\.dn$/, '')}.cut.safetensors`);
  return { threshold, nonzero_weights, weights_before, weights_after, units, neurons, equivalent, difference, scores };
}

/**
 * Neurons as the DropNeuron scripts count them (their `neuron_layer`): per layer the smaller of how many have a non-zero incoming weight and how many
 * a non-zero outgoing one, layer by layer, without following dead units any further.
 */
function neuronsTheirWay(file) {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
  const kernels = Object.entries(header)
    .filter(([name]) => name.endsWith('.kernel'))
    .map(
      ([
        name,
        {
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        const data = new Float32Array(Uint8Array.from(bytes.subarray(8 + length + from, 8 + length + to)).buffer);
        const rows = new Set();
        const columns = new Set();
        data.forEach((weight, k) => {
          if (weight === 0) return;
          rows.add(Math.floor(k / shape[1]));
          columns.add(k % shape[1]);
        });
        return { layer: name.slice(0, -'.kernel'.length), shape, rows: rows.size, columns: columns.size };
      },
    );
  // The layers in order: each kernel has as many rows as the one before has columns.
  const ordered = [];
  for (let width; kernels.length > 0; ) {
    const at = kernels.findIndex((one) =>
      width === undefined ? !kernels.some((other) => other.shape[1] === one.shape[0]) : one.shape[0] === width,
    );
    if (at < 0) return undefined;
    const [next] = kernels.splice(at, 1);
    ordered.push(next);
    width = next.shape[1];
  }
  const counts = { input: { kept: ordered[0].rows, of: ordered[0].shape[0] } };
  ordered.forEach(({ layer, shape, columns }, k) => {
    counts[layer] = { kept: Math.min(columns, ordered[k + 1]?.rows ?? columns), of: shape[1] };
  });
  return counts;
}

function document({ rows: found }) {
  const parts = Object.entries(rows).flatMap(([name, row]) =>
    found[name] ? [`## ${row.title}\n\n${row.write(found[name], name)}`] : [],
  );
  return `# Results

Every number here was written by \`npm run results\`; the raw data is in [results.json](results.json). The training rows are the first that are not held
out, a threshold is chosen on validation rows, the network is the one of the last epoch, and the test rows are read once, at the end. "Weights" are
elements of kernels after dead units were physically removed; biases are not counted, as in the papers.

${parts.join('\n')}`;
}

function writeA1({ spec, runs }, name) {
  const kept = (units) => ['image', 'fc1', 'fc2'].map((layer) => units[layer]?.after ?? '?').join('-');
  const test = runs.map((run) => 100 * run.scores.test.simplified.metrics.accuracy);
  const weights = runs.map((run) => run.weights_after);
  const lines = runs.map(
    (run, k) =>
      `| ${run.name} | ${kept(run.units)} | ${grouped(weights[k])} | ${grouped(run.nonzero_weights)} | ${percent(run.scores.validation.simplified.metrics.accuracy)} | ${percent(run.scores.test.trained.metrics.accuracy)} | ${percent(run.scores.test.simplified.metrics.accuracy)} |`,
  );
  const goal =
    name === 'a1'
      ? `\nThe published run keeps 542-82-61 of 784-300-100 with 50,056 dense weights at 98.17 % (its headline, 26,386, counts non-zero weights inside that). dnc: largest of ${runs.length} runs ${grouped(Math.max(...weights))}, mean test accuracy ${mean(test).toFixed(2)} %.\n`
      : '';
  return `MNIST, 55,000 training rows, first 5,000 validation, 10,000 test. \`${command(name, spec)}\`

| run | kept pixels-fc1-fc2 | weights | not zero after the cut | validation % | test %, trained | test %, simplified |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
${lines.join('\n')}
| mean ± sd | | ${grouped(Math.round(mean(weights)))} ± ${grouped(Math.round(deviation(weights)))} | | | | ${mean(test).toFixed(2)} ± ${deviation(test).toFixed(2)} |
${goal}`;
}

function writeCurve(found, name) {
  return writeA1(found, name).replace(/\| mean ± sd.*\n/, '');
}

function writePaper({ spec, runs }, name) {
  const lines = runs.map((run) => {
    const neurons = run.neurons
      ? Object.values(run.neurons)
          .map((one) => `${one.kept}/${one.of}`)
          .join(', ')
      : '';
    return `| ${run.name} | ${grouped(run.nonzero_weights)} (${(100 * (run.nonzero_weights / run.weights_before)).toFixed(2)} %) | ${neurons} | ${['image', 'fc1', 'fc2'].map((layer) => run.units[layer]?.after ?? '?').join('-')} | ${grouped(run.weights_after)} | ${percent(run.scores.test.trained.metrics.accuracy)} | ${percent(run.scores.test.simplified.metrics.accuracy)} |`;
  });
  const test = runs.map((run) => 100 * run.scores.test.simplified.metrics.accuracy);
  const weights = runs.map((run) => run.weights_after);
  return `The scripts' own hyperparameters (METHODS in the original's \`lenet-300-100.py\`, arguments \`.0001 0 .0005 .5 .01\`): gradient solver, every weight below 0.01 set to 0 after
training, no retraining. \`${command(name, spec)}\`

| run | non-zero weights, their count | neurons, their count | kept, ours | weights, ours | test %, before | test %, after |
| --- | ---: | --- | --- | ---: | ---: | ---: |
${lines.join('\n')}
| mean ± sd | | | | ${grouped(Math.round(mean(weights)))} ± ${grouped(Math.round(deviation(weights)))} | | ${mean(test).toFixed(2)} ± ${deviation(test).toFixed(2)} |

Published: 26,386 non-zero (9.91 %), 542/784, 83/300, 61/100, 10/10 neurons in their count, which physically is 542-82-61 and 50,056 weights; 98.13 % before, 98.17 % after. Their neuron
count takes the smaller of "has incoming" and "has outgoing" weights per layer; ours is what is left after dead units are removed to a fixpoint.
`;
}

function writeRegression({ spec, runs }, name) {
  const right = runs.filter(
    (run) =>
      run.units.features?.after === 2 &&
      run.units.hidden?.after === 1 &&
      run.scores.test.simplified.metrics.nmse < 0.05,
  );
  const nmse = runs.map((run) => run.scores.test.simplified.metrics.nmse);
  return `Twenty features, of which two matter, five hidden units, of which one is enough. \`${command(name, spec)}\`

In ${right.length} of ${runs.length} seeds exactly two features and one unit are left, and they are the true ones: with a wrong feature the test NMSE could not be below 0.05. Test NMSE (mean squared error over the target's variance): mean ${mean(nmse).toExponential(2)}, largest ${Math.max(...nmse).toExponential(2)}.
The published run (one seed) keeps 2-1-1 with 3.58e-4, which is a plain mean squared error.

| seed | features | units | test NMSE |
| --- | ---: | ---: | ---: |
${runs.map((run, k) => `| ${run.name} | ${run.units.features?.after ?? 20} | ${run.units.hidden?.after ?? 5} | ${nmse[k].toExponential(2)} |`).join('\n')}
`;
}

function writeQuickstart({ spec, runs }, name) {
  return `Digits that dnc draws itself: 7,000 training rows, 2,000 validation, 2,000 test. \`${command(name, spec)}\`

| run | pixels | hidden units | weights | test %, trained | test %, simplified |
| --- | ---: | ---: | ---: | ---: | ---: |
${runs.map((run) => `| ${run.name} | ${run.units.pixels?.after} of 784 | ${run.units.hidden.after} of ${run.units.hidden.before} | ${grouped(run.weights_after)} | ${percent(run.scores.test.trained.metrics.accuracy)} | ${percent(run.scores.test.simplified.metrics.accuracy)} |`).join('\n')}
`;
}

function command(name, spec) {
  return `npm run results -- ${name}${spec.includes('lenet') ? ' --data-dir <folder that holds mnist/>' : ''}`;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values) {
  const middle = mean(values);
  return values.length < 2
    ? 0
    : Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

function percent(share) {
  return (100 * share).toFixed(2);
}

function grouped(value) {
  return value.toLocaleString('en');
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
