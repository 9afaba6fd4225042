// Regenerates docs/patterns.md: pictures of the connections of the rows named on the command line (all when none is), as in the figures of the
// DropNeuron paper. A row's first run is taken from what `npm run results` left, or trained. Numbers: docs/images/<row>/report.json.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'data-dir': { type: 'string' }, engine: { type: 'string', default: 'auto' } },
});

/** Every picture: the row of docs/results.md that it is of, and its spec; `layers` are those shown, where not all are. */
const rows = {
  a1: { title: 'A1: MNIST 784-300-100-10', spec: 'specs/lenet-300-100.dn', data: 'mnist/' },
  a4: { title: 'A4: MNIST autoencoder 784-128-64-128-784', spec: 'specs/autoencoder.dn', data: 'mnist/' },
  a5: {
    title: 'A5: the fully connected layers of LeNet-5',
    spec: 'specs/lenet-5.dn',
    data: 'mnist/',
    layers: ['fc', 'digit'],
  },
};
const RUN = { name: 'seed-1', sets: ['train.seed=1'] };

const wanted = positionals.length > 0 ? positionals : Object.keys(rows);
for (const name of wanted)
  if (!Object.hasOwn(rows, name)) fail(`there is no row ${name}; the rows are ${Object.keys(rows).join(', ')}`);
for (const name of wanted) {
  const run = trained(name);
  const folder = `docs/images/${name}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const report = JSON.parse(dnc(['report', run, '--json', '--pictures', folder]));
  const { diff } = report;
  const { layers } = rows[name];
  const shown = ({ name: kernel }) => layers === undefined || layers.some((layer) => kernel === `${layer}.kernel`);
  const kernels = report.kernels.filter(shown);
  for (const { name: kernel } of report.kernels.filter((one) => !shown(one))) rmSync(`${folder}/${kernel}.png`);
  const sizes = ({ weights }) => weights;
  const image = diff.layers.find(({ kept }) => kept?.image);
  writeFileSync(
    `${folder}/report.json`,
    `${JSON.stringify(
      {
        format: 1,
        run: { sets: report.run.sets, dnc: report.run.dnc },
        weights: { before: sizes(diff.before), after: sizes(diff.after) },
        scores: report.result.scores.test,
        kernels,
        ...(image && { image: { name: image.name, kept: image.kept.indices.length, of: image.kept.of } }),
      },
      undefined,
      2,
    )}\n`,
  );
}
writeFileSync('docs/patterns.md', document());

/** The folder of a row's first run; it is trained where it is not there. */
function trained(name) {
  const { spec, data } = rows[name];
  const out = `.cache/results/${name}/${RUN.name}`;
  if (existsSync(`${out}/result.json`)) return out;
  if (options['data-dir'] === undefined) fail(`the row ${name} needs --data-dir <folder that holds ${data}>`);
  dnc(
    existsSync(`${out}/run.json`)
      ? ['train', '--resume', out]
      : [
          'train',
          spec,
          '--out',
          out,
          '--engine',
          options.engine,
          '--data-dir',
          options['data-dir'],
          ...RUN.sets.flatMap((set) => ['--set', set]),
        ],
  );
  return out;
}

function dnc(words) {
  const { status, stdout } = spawnSync(process.execPath, ['dist/cli.js', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) fail(`dnc ${words.join(' ')} ended with exit code ${status}`);
  return stdout;
}

function document() {
  const parts = Object.entries(rows).flatMap(([name, row]) => {
    const file = `docs/images/${name}/report.json`;
    return existsSync(file) ? [section(name, row, JSON.parse(readFileSync(file, 'utf8')))] : [];
  });
  return `# Connections before and after

As in the figures of the DropNeuron paper: black where a weight is not 0, white where it is 0. A row for every unit that a kernel reads, a column for every unit that it makes. Left: as
trained. Right: what is left, at the places of the network of full size; tinted rows and columns were removed. The pictures are written by \`npm run patterns\`, and by
\`dnc report <run> --pictures <folder>\` for any run; \`dnc report\` shows them on a page with everything else ([reports.md](reports.md)).

${parts.join('\n')}`;
}

function section(name, { title, spec, data }, { weights, scores, kernels, image }) {
  const metric = Object.keys(scores.simplified.metrics)[0];
  const shown = (score) => Number(score.metrics[metric].toPrecision(4));
  const lines = kernels.map(({ name: kernel, rows: inputs, columns, stages }) => {
    const [first, last] = [stages[0], stages.at(-1)];
    return `### ${title.split(':')[0]}, ${kernel}

${inputs} × ${columns}, ${grouped(first.nonzero)} weights not 0 → ${last.rows} × ${last.columns}, ${grouped(last.nonzero)} of ${grouped(last.weights)} not 0.

![${kernel}: as trained, and what is left](images/${name}/${kernel}.png)
`;
  });
  const input = image
    ? `### ${title.split(':')[0]}, pixels

${image.kept} of ${image.of} pixels are read (black).

![The pixels that are read](images/${name}/${image.name}.png)
`
    : '';
  return `## ${title}

[${spec}](../${spec}), ${RUN.sets.join(', ')}: ${grouped(weights.before)} → ${grouped(weights.after)} weights, test ${metric} ${shown(scores.trained)} as trained, ${shown(scores.simplified)} simplified. \`npm run patterns -- ${name} --data-dir <folder that holds ${data}>\`

${[...lines, input].filter((part) => part !== '').join('\n')}`;
}

function grouped(value) {
  return value.toLocaleString('en');
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
