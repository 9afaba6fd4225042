// How long specs of 10, 100 and 1,000 layers take to be checked and compiled, from the shell.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { secondsOf } from '../command.mjs';
import { goal } from '../goals.mjs';
import { spread } from '../rounds.mjs';
import { count, heading, paragraphs, seconds, table } from '../text.mjs';

const SIZES = [10, 100, 1000];

/** A spec of so many layers: residual blocks of two Dense, a batch normalization and a sum, each written out. */
export function deepSpec(layers) {
  const lines = ['  image = Input(784)', '  stem = Dense(32, activation: relu)'];
  let stream = 'stem';
  for (let block = 0; lines.length + 5 <= layers; block++) {
    lines.push(
      `  inner_${block} = Dense(32, activation: relu) <- ${stream}`,
      `  last_${block} = Dense(32)`,
      `  norm_${block} = BatchNormalization`,
      `  sum_${block} = Add <- ${stream}, norm_${block}`,
    );
    stream = `sum_${block}`;
  }
  // What is left of the number.
  while (lines.length + 1 < layers) lines.push(`  more_${lines.length} = Dense(32, activation: relu)`);
  lines.push('  digit = Dense(10)');
  return `model Deep @dropneuron(1e-4) {
${lines.join('\n')}
}
data { source: mnist }
train { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 1 }
`;
}

export const compileTime = {
  name: 'compile-time',
  rows: [{ name: 'layers' }],
  measure: async (_, { rounds, log }) => {
    const folder = path.resolve('.cache/bench/compile-time');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const timed = SIZES.flatMap((layers) => {
      const file = path.join(folder, `deep-${layers}.dn`);
      writeFileSync(file, deepSpec(layers));
      return ['check', 'compile'].map((command) => ({ layers, command, file, times: [] }));
    });
    for (let round = 0; round <= rounds; round++) {
      log(`compile time, round ${round} of ${rounds}`);
      for (let k = 0; k < timed.length; k++) {
        const { command, file, times } = timed[(round + k) % timed.length];
        const took = secondsOf([command, file]);
        if (round > 0) times.push(took);
      }
    }
    return { timed: timed.map(({ layers, command, times }) => ({ layers, command, ...spread(times) })) };
  },
  goals: (_, { timed }) => {
    const largest = timed.find((one) => one.layers === SIZES.at(-1) && one.command === 'compile');
    return [goal(`\`dnc compile\` of ${count(largest.layers)} layers`, largest.median, { atMost: 1, unit: ' s' })];
  },
  section: ([{ result: { timed } }]) =>
    paragraphs(
      heading('Compile time'),
      `Seconds from spawning \`node dist/cli.js\` to its end, on specs of residual blocks of narrow Dense layers, each layer written out; medians of ${timed[0].times.length} interleaved rounds.`,
      table(
        ['layers', '`dnc check`', '`dnc compile`', 'fastest – slowest'],
        SIZES.map((layers) => {
          const [check, compile] = ['check', 'compile'].map((command) =>
            timed.find((one) => one.layers === layers && one.command === command),
          );
          return [
            count(layers),
            seconds(check.median),
            seconds(compile.median),
            `${seconds(compile.low)} – ${seconds(compile.high)}`,
          ];
        }),
      ),
    ),
};
