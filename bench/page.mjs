// docs/performance.md, from what was measured.
import { DEFAULT } from './contestants.mjs';
import { EPOCHS } from './live.mjs';

const ms = (x) => x.toFixed(x < 10 ? 2 : 1);
const mib = (bytes) => String(Math.round(bytes / 2 ** 20));
const seconds = (x) => x.toFixed(3);

function table(head, rows) {
  const align = head.map((_, at) => (at === 0 ? '---' : '---:'));
  return [head, align, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The page's text. */
export function page({ command, date, machine, load, rounds, steps, convolutions, live, shrink, startUp }) {
  const base = steps.measured.find((one) => one.name === DEFAULT);
  const versions = Object.entries(Object.assign({}, ...steps.measured.map((one) => one.versions)))
    .map(([name, version]) => `${name} ${version}`)
    .sort()
    .join(', ');
  const eager = steps.measured.find((one) => one.name === 'PyTorch, eager');
  const compiled = steps.measured.filter((one) => one.name.startsWith('PyTorch, torch.compile'));
  const fastest = compiled.reduce((best, one) => (one.median < best.median ? one : best), compiled[0]);
  const goals =
    base && eager && fastest
      ? [
          '',
          `Goals: at most 0.40 of PyTorch eager's time: **${(base.median / eager.median).toFixed(2)}** (round by round ${byRound(base, eager)}). No more than torch.compile's (the faster mode): **${(base.median / fastest.median).toFixed(2)}** (${byRound(base, fastest)}).`,
        ]
      : [];
  const compiling = steps.measured.find((one) => one.compileMs !== undefined);
  return `# Performance

Written by \`${command}\` on ${date}; not edited by hand.

Machine: ${machine}. Load average at the start: ${load.toFixed(2)}.
Versions: ${versions}.

## One training step

LeNet-300-100 (784-300-100-10), batch 128, li + lo with λ = 1e-4 on every kernel, Adam; the solver is \`gradient\` where nothing else is said, which is what
the peers compute, too. Random rows from one pool of 12,800 in memory, shuffled anew every epoch; picking the batch is part of the step for all.
Every contestant is a process of its own, warmed up before; they take turns, ${rounds} rounds, and the one that begins is another in every round. Peers use 2
threads, and so does dnc where nothing else is said. The table has the medians over the rounds in milliseconds per step, the fastest and the slowest round, dnc's default divided
by the row (below 1: dnc is faster), steps in a round, peak memory of the process in MiB (40 of them are the pool), and the seconds that making the engine ready and
the first step took (for dnc after compiling the spec${compiling ? `, which takes ${seconds(compiling.compileMs / 1000)} s at the first call` : ''}; for peers after importing the library).

${stepsTable(steps)}
${goals.join('\n')}
${steps.absent.length > 0 ? `\nNot measured: ${steps.absent.map(({ name, because }) => `${name} (${because})`).join('; ')}.\n` : ''}
As they describe themselves: ${steps.measured.map((one) => one.describe).filter((one, at, all) => all.indexOf(one) === at).join('; ')}.
${convolutionsSection(convolutions)}${live ? liveSection(live) : ''}${shrink ? shrinkSection(shrink) : ''}
## Start-up

Seconds from spawning \`node dist/cli.js\` to its end, on specs/lenet-300-100.dn; medians of ${startUp[0].times.length} interleaved rounds.

${table(
  ['command', 's', 'fastest – slowest', 'goal'],
  startUp.map((one) => [
    `\`dnc ${one.name}\``,
    seconds(one.median),
    `${seconds(one.low)} – ${seconds(one.high)}`,
    String(one.goal),
  ]),
)}
`;
}

/** The least and the largest ratio of two contestants in one round: how much the machine decides. */
function byRound(one, other) {
  const ratios = one.times.map((time, round) => time / other.times[round]);
  return `${Math.min(...ratios).toFixed(2)} – ${Math.max(...ratios).toFixed(2)}`;
}

function stepsTable({ measured }) {
  const base = measured.find((one) => one.name === DEFAULT);
  const rows = measured.map((one) => [
    one.name,
    ms(one.median),
    `${ms(one.low)} – ${ms(one.high)}`,
    base ? (base.median / one.median).toFixed(2) : '',
    String(one.steps),
    one.peakBytes ? mib(one.peakBytes) : '',
    seconds(one.loadMs / 1000),
  ]);
  return table(['contestant', 'ms/step', 'fastest – slowest', 'dnc / it', 'steps', 'MiB', 'first step, s'], rows);
}

function convolutionsSection(convolutions) {
  const of = (name) => convolutions.measured.find((one) => one.name === name);
  const [base, eager, keras] = [of(DEFAULT), of('PyTorch, eager'), of('Keras on TensorFlow, graph mode')];
  const goals =
    base && eager && keras
      ? `\nGoals: at most 0.90 of PyTorch eager's time: **${(base.median / eager.median).toFixed(2)}**. No more than Keras' (graph mode): **${(base.median / keras.median).toFixed(2)}**.\n`
      : '';
  return `
## One training step with convolutions

LeNet-5-Caffe (5x5 convolutions of 20 and 50 filters without padding, each with a 2x2 maximum pooling, then 500 and 10 units), batch 128, Adam, no penalty; rows, rounds and columns as above.

${stepsTable(convolutions)}
${goals}`;
}

function shrinkSection(shrink) {
  return `
## Liveness and shrinking

Of residual networks of Dense layers in which a tenth of the units has no reader and another tenth reads nothing; without reading files. Seconds of the processor, the least of 3. Goal: under 3 s for 1,000
layers with 100 million parameters, in proportion to the size. \`npm run bench -- --shrink\`

${table(
  ['layers', 'parameters', 's', 'units gone'],
  shrink.map((one) => [
    one.layers.toLocaleString('en'),
    one.parameters.toLocaleString('en'),
    seconds(one.seconds),
    one.removed.toLocaleString('en'),
  ]),
)}
`;
}

function liveSection(live) {
  const [end, way] = live;
  return `
## Live shrinking

Whole trainings of LeNet-300-100, li + lo with λ = 1e-3 by proximal steps, ${EPOCHS} epochs of 20,000 drawn digits in batches of 128, dead units removed at the end only and on the way
(\`simplify { ${way.live} }\`, [methods.md](methods.md), section 4); 2 threads. Seconds from the first step to the end of the last epoch, with everything that making the network smaller takes; medians of
${end.times.length} interleaved rounds, each in a process of its own. On the way takes **${(way.median / end.median).toFixed(2)}** of the time.

${table(
  ['dead units go', 's', 'fastest – slowest', 'times that they did', 'multiply-adds a row, at first', 'and at the end', 'accuracy on test rows'],
  live.map((one) => [
    one.name,
    seconds(one.median),
    `${seconds(one.low)} – ${seconds(one.high)}`,
    String(one.shrinks),
    one.before.toLocaleString('en'),
    one.after.toLocaleString('en'),
    one.accuracy.toFixed(4),
  ]),
)}
`;
}
