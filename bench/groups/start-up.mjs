// How long `dnc` takes from the shell, by command.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { secondsOf } from '../command.mjs';
import { goal } from '../goals.mjs';
import { spread } from '../rounds.mjs';
import { heading, paragraphs, seconds, table } from '../text.mjs';

/** Trained once before the rounds, for the commands that look at a run: one small epoch. */
const SMALL = `model Small @dropneuron(1e-3) {
  image  = Input(28, 28, 1)
  pixels = Flatten
  hidden = Dense(16, activation: relu)
  digit  = Dense(10)
}
data { source: drawn_digits(train: 600, test: 100); validation: 100 }
train { loss: sparse_categorical_crossentropy(from_logits: true); metrics: [accuracy]; epochs: 1 }
simplify { threshold: auto(tolerance: 50%) }
`;

/** Every command but those whose time is that of training (train, simplify, sweep, predict, eval do the work that their data and engine ask for). */
const commands = ({ spec, other, yaml, run }) => [
  { name: '--version', args: ['--version'], goal: 0.2 },
  { name: 'check', args: ['check', spec], goal: 0.2 },
  { name: 'fmt', args: ['fmt', spec], goal: 0.2 },
  { name: 'diff', args: ['diff', spec, other], goal: 0.2 },
  { name: 'compile', args: ['compile', spec] },
  { name: 'show', args: ['show', spec] },
  { name: 'summary', args: ['summary', spec] },
  { name: 'convert', args: ['convert', spec, yaml] },
  { name: 'help', args: ['help', 'Dense'] },
  { name: 'help (the words)', args: ['help'] },
  { name: 'explain', args: ['explain', 'diverged'] },
  { name: 'schema', args: ['schema'] },
  { name: 'init', args: ['init', 'fresh'], fresh: 'fresh.dn' },
  { name: 'engines', args: ['engines'] },
  { name: 'runs', args: ['runs', 'ls'] },
  { name: 'report', args: ['report', run] },
  { name: 'eval', args: ['eval', path.join(run, 'small.min.dn')] },
  { name: 'predict', args: ['predict', path.join(run, 'small.min.dn')] },
];

export const startUp = {
  name: 'start-up',
  rows: [{ name: 'commands' }],
  /** Wall time of each command in seconds, from spawning node to its end; interleaved. */
  measure: async (_, { rounds, log }) => {
    const folder = path.resolve('.cache/bench/start-up');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const at = (name) => path.join(folder, name);
    const files = { spec: at('lenet-300-100.dn'), other: at('narrower.dn'), yaml: at('out.yaml'), run: at('run') };
    copyFileSync('specs/lenet-300-100.dn', files.spec);
    writeFileSync(files.other, readFileSync(files.spec, 'utf8').replace('Dense(300,', 'Dense(120,'));
    writeFileSync(at('small.dn'), SMALL);
    secondsOf(['train', at('small.dn'), '--out', files.run], folder);
    const timed = commands(files).map((one) => ({ ...one, times: [] }));
    // One more round, which warms the disk's cache and is not counted.
    for (let round = 0; round <= rounds; round++) {
      log(`commands, round ${round} of ${rounds}`);
      for (let k = 0; k < timed.length; k++) {
        const { args, times, fresh } = timed[(round + k) % timed.length];
        if (fresh) rmSync(at(fresh), { force: true });
        rmSync(files.yaml, { force: true });
        const took = secondsOf(args, folder);
        if (round > 0) times.push(took);
      }
    }
    return { commands: timed.map(({ name, goal, times }) => ({ name, goal, ...spread(times) })) };
  },
  goals: (_, { commands }) =>
    commands.flatMap((one) =>
      one.goal === undefined ? [] : [goal(`\`dnc ${one.name}\``, one.median, { atMost: one.goal, unit: ' s' })],
    ),
  section: ([{ result }]) =>
    paragraphs(
      heading('Start-up'),
      `Seconds from spawning \`node dist/cli.js\` to its end, on specs/lenet-300-100.dn (\`report\`, \`runs\`, \`eval\` and \`predict\` on a run of a small network, with the rows drawn and the engine loaded); medians of ${result.commands[0].times.length} interleaved rounds.`,
      table(
        ['command', 's', 'fastest – slowest'],
        result.commands.map((one) => [
          `\`dnc ${one.name}\``,
          seconds(one.median),
          `${seconds(one.low)} – ${seconds(one.high)}`,
        ]),
      ),
    ),
};
