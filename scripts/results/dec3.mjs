import { spawnSync } from 'node:child_process';
import { median } from '../../bench/rounds.mjs';
import { bundled } from '../bundled.mjs';
import { grouped, mean, numbers, percent, table, words } from './format.mjs';
import { unitsOf } from './networks.mjs';
import { seeds } from './row.mjs';

const BATCH = 16;
const ROUNDS = 9;

/** Milliseconds of a forward pass of the network as trained and as it is left, in turns on one thread. */
async function inference(out) {
  const script = await bundled('bench/inference.ts');
  const { status, stdout, error } = spawnSync(process.execPath, [script, out, String(BATCH), String(ROUNDS), '1'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`inference of ${out}: ${error?.message ?? `exit code ${status}`}`);
  return JSON.parse(stdout);
}

const before = ({ inference: { milliseconds } }) => median(milliseconds.map(([whole]) => whole));
const after = ({ inference: { milliseconds } }) => median(milliseconds.map(([, small]) => small));
/** Of the time of the whole network, round by round. */
const ratio = ({ inference: { milliseconds } }) => median(milliseconds.map(([whole, small]) => small / whole));
const test = (when) => (run) => run.scores.test[when].metrics.accuracy;
const fewer = (run) => 1 - run.weights_after / run.weights_before;
const time = (value) => value.toFixed(2);

/** Alvarez and Salzmann's group lasso on their network for characters, and the same network without it. */
export const dec3 = {
  a14: {
    title: 'A14: Dec3 by the formula of Alvarez and Salzmann, drawn characters',
    spec: 'specs/tables/dec3-group-lasso.dn',
    runs: [
      ...seeds(3, [], true).map((run) => ({
        ...run,
        name: `without-${run.name}`,
        edits: [
          [/ *@group_lasso\([^)]*\)/g, ''],
          ['target { parameters: 18% }\n  ', ''],
        ],
      })),
      ...seeds(3, [], true),
    ],
    compare: async (run, _result, { out }) => (run.edits ? {} : { inference: await inference(out) }),
    write: ({ runs, command }) => {
      const plain = runs.filter(({ edits }) => edits);
      const shrunk = runs.filter(({ edits }) => !edits);
      const units = (run) => unitsOf(run, ['label']);
      return `Digits and capital letters that dnc draws itself, 36 classes: 10,000 training rows, 2,000 validation, 4,000 test, drawn anew for every seed. Times are of a forward pass of ${BATCH} rows on one thread of onnxruntime, both networks in turns: medians of ${ROUNDS} rounds, each the median of up to 31 passes; the ratio is taken round by round. Times need not go with multiply-adds, which stand beside them. \`${command}\`

${table(shrunk, [
  words('run', (run) => run.name),
  {
    head: 'the same without @group_lasso: test %',
    cell: (run) => percent(test('simplified')(plain[shrunk.indexOf(run)])),
    spread: () => percent(mean(plain.map(test('simplified')))),
  },
  numbers('test %, trained', test('trained'), percent),
  numbers('test %, simplified', test('simplified'), percent),
  { head: 'filters', cell: (run) => `${units(run).after} of ${units(run).before}` },
  { head: 'weights', cell: (run) => `${grouped(run.weights_after)} of ${grouped(run.weights_before)}` },
  numbers('weights fewer %', fewer, percent),
  {
    head: 'multiply-adds left %',
    cell: ({
      inference: {
        multiplyAdds: [whole, small],
      },
    }) => percent(small / whole),
  },
  { head: 'ms, whole', cell: (run) => time(before(run)) },
  { head: 'ms, simplified', cell: (run) => time(after(run)) },
  numbers('share of the time', ratio, time),
])}

3 epochs without the penalty, 15 with it, the cut to 18 % of the parameters, 12 epochs of fine-tuning. The network without it is trained in the same way, but for penalty and cut. Published, on ICDAR's characters: 38.64 % fewer neurons, 82.35 % fewer parameters (80 % in the text), about 50 % faster at batch 16; its network has 89.3 %.
`;
    },
  },
};
