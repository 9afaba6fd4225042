// npm run build && node scripts/bench-table.mjs [rows]: the peak of memory and the time of training on a table, of 1,000,000 rows and 20 columns of numbers by default.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';

const ROWS = Number(process.argv[2] ?? 1_000_000);
const COLUMNS = 20;
if (!Number.isInteger(ROWS) || ROWS < 1000) throw new Error('a whole number of rows, at least 1000');

const folder = path.resolve('.cache/bench-table');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
writeTable(path.join(folder, 'table.csv'));
const spec = path.join(folder, 'table.dn');
writeFileSync(
  spec,
  `model Table {
  facts = Input(${COLUMNS})
  fc1   = Dense(32, activation: relu)  @dropneuron(0.001)
  y     = Dense(1)
}
data { source: csv("table.csv"); target: y; standardize: true; validation: 10%; test: 10% }
train { loss: mean_squared_error; batch_size: 1024; epochs: 2 }
`,
);
const report = path.join(folder, 'peak.txt');
const begin = performance.now();
const { status, stderr } = spawnSync(
  process.execPath,
  [
    '--import',
    `data:text/javascript,import{writeFileSync}from'node:fs';process.on('exit',()=>writeFileSync(${JSON.stringify(report)},String(process.resourceUsage().maxRSS)))`,
    'dist/cli.js',
    'train',
    spec,
    '--out',
    path.join(folder, 'run'),
  ],
  { encoding: 'utf8' },
);
if (status !== 0) throw new Error(stderr);
const seconds = (performance.now() - begin) / 1000;
const peak = Number(readFileSync(report, 'utf8')) / 1024;
console.log(
  `${ROWS.toLocaleString('en')} rows, ${COLUMNS} columns, ${(statSync(path.join(folder, 'table.csv')).size / 2 ** 20).toFixed(0)} MiB of text: ` +
    `peak ${peak.toFixed(0)} MiB, ${seconds.toFixed(1)} s for reading and two epochs`,
);
rmSync(folder, { recursive: true, force: true });

/** Numbers from a fixed sequence; the target depends on two columns. */
function writeTable(file) {
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, `${Array.from({ length: COLUMNS }, (_, k) => `x${k}`).join(',')},y\n`);
  for (let row = 0; row < ROWS; ) {
    const lines = [];
    for (; lines.length < 1000 && row < ROWS; row++) {
      const cells = Array.from({ length: COLUMNS }, next);
      lines.push(`${cells.map((cell) => cell.toFixed(5)).join(',')},${(3 * cells[0] - 2 * cells[5]).toFixed(5)}\n`);
    }
    writeSync(descriptor, lines.join(''));
  }
  closeSync(descriptor);
}
