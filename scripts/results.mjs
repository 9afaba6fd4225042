// Regenerates docs/results.md: trains the rows named on the command line (all when none is), one run at a time. A run that is there is taken as it
// is and one that was stopped goes on, so the whole is resumable. Raw data: docs/results.json.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { countKernels } from './results/neurons.mjs';
import { editedSpec, rows } from './results/rows.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    // Several may be given: a row reads from the first that holds its data.
    'data-dir': { type: 'string', multiple: true, default: [] },
    engine: { type: 'string', default: 'auto' },
    // Other than all cores: two rows at once, each in a clone of its own, take one each.
    threads: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    // Only the runs whose names hold this (`--runs seed-1`); those that the raw data has besides stay as they are.
    runs: { type: 'string', default: '' },
    // Trains nothing: the document anew from the raw data.
    document: { type: 'boolean', default: false },
  },
});
const FOLDER = '.cache/results';
const RAW = 'docs/results.json';

const wanted = options.document ? [] : positionals.length > 0 ? positionals : Object.keys(rows);
for (const name of wanted) {
  if (!Object.hasOwn(rows, name)) fail(`there is no row ${name}; the rows are ${Object.keys(rows).join(', ')}`);
}
const raw = existsSync(RAW) ? JSON.parse(readFileSync(RAW, 'utf8')) : { format: 1, rows: {} };
for (const name of wanted) {
  const row = rows[name];
  const dataFolder = options['data-dir'].find((folder) => row.data && existsSync(path.join(folder, row.data)));
  if (row.data && dataFolder === undefined) fail(`the row ${name} needs --data-dir <folder that holds ${row.data}>`);
  const runs = new Map((raw.rows[name]?.runs ?? []).map((run) => [run.name, run]));
  for (const run of row.runs.filter((one) => one.name.includes(options.runs))) {
    const result = runOne(name, row, run, dataFolder);
    const out = `${FOLDER}/${name}/${run.name}`;
    const place = { out, folder: `${out}-rows`, dataFolder };
    runs.set(run.name, { ...run, ...result, ...(await row.compare?.(run, result, place)) });
  }
  raw.rows[name] = { spec: row.spec, runs: row.runs.flatMap((run) => runs.get(run.name) ?? []) };
  write();
}
if (options.document) write();

function write() {
  mkdirSync('docs', { recursive: true });
  writeFileSync(RAW, `${JSON.stringify(raw, undefined, 2)}\n`);
  writeFileSync('docs/results.md', document(raw));
}

/** The spec of a run: a file of specs/, or a copy with some words changed. */
function specOf(rowName, row, run) {
  if (!row.edit && !run.edits) return row.spec;
  const folder = `${FOLDER}/${rowName}${run.edits ? `/${run.name}-spec` : ''}`;
  const copy = `${folder}/${path.basename(row.spec)}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(copy, editedSpec(readFileSync(row.spec, 'utf8'), row, run));
  return copy;
}

/** Trains one run, or goes on with it, or takes what is there. */
function runOne(rowName, row, run, dataFolder) {
  const out = `${FOLDER}/${rowName}/${run.name}`;
  if (options.fresh) rmSync(out, { recursive: true, force: true });
  const result = `${out}/result.json`;
  if (!existsSync(result)) {
    const resume = existsSync(`${out}/run.json`);
    console.error(`${rowName} ${run.name}${resume ? ' (going on)' : ''}`);
    const args = resume
      ? ['train', '--resume', out]
      : ['train', specOf(rowName, row, run), '--out', out, ...commonOptions(row, dataFolder, run.sets)];
    dnc(`${rowName} ${run.name}`, args);
  }
  // Confusions are half of what a run has to say, and no row says anything of them.
  const { threshold, nonzero_weights, weights_before, weights_after, units, equivalent, difference, scores } =
    JSON.parse(readFileSync(result, 'utf8'), (key, value) => (key === 'confusions' ? undefined : value));
  const name = row.spec.replace(/^.*\//, '').replace(/\.dn$/, '');
  const counts = row.counted && countKernels(`${out}/${name}.cut.safetensors`, row.counted);
  const more = row.measure?.({ out, name, units, simplify: simplifier(out, row, dataFolder) });
  return {
    threshold,
    nonzero_weights,
    weights_before,
    weights_after,
    units,
    equivalent,
    difference,
    scores,
    ...counts,
    ...more,
  };
}

/** What training and simplifying are told alike. */
function commonOptions(row, dataFolder, sets) {
  return [
    '--engine',
    options.engine,
    ...(options.threads ? ['--threads', options.threads] : []),
    ...sets.flatMap((set) => ['--set', set]),
    ...(row.data ? ['--data-dir', dataFolder] : []),
  ];
}

function dnc(what, words) {
  const { status } = spawnSync(process.execPath, ['dist/cli.js', ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) fail(`${what} ended with exit code ${status}`);
}

/** `dnc simplify` of a finished run with values of its spec changed: the result as JSON. What is there is taken as it is. */
function simplifier(run, row, dataFolder) {
  return (name, sets) => {
    const out = `${run}-${name}`;
    const file = `${out}/result.json`;
    if (!existsSync(file)) dnc(out, ['simplify', run, '--out', out, ...commonOptions(row, dataFolder, sets)]);
    return JSON.parse(readFileSync(file, 'utf8'));
  };
}

function document({ rows: found }) {
  const parts = Object.entries(rows).flatMap(([name, row]) => {
    if (!found[name]) return [];
    const command = `npm run results -- ${name}${row.data ? ` --data-dir <folder that holds ${row.data}>` : ''}`;
    return [`## ${row.title}\n\n${row.write({ ...found[name], command })}`];
  });
  return `# Results

Every number here was written by \`npm run results\`; the raw data is in [results.json](results.json). The training rows are the first that are not held
out, a threshold is chosen on validation rows, the network is the one of the last epoch, and the test rows are read once, at the end. "Weights" are
elements of kernels after dead units were physically removed; biases are not counted, as in the papers.

${parts.join('\n')}`;
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
