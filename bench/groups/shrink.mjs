// What liveness and shrinking cost, by layers and parameters.
import { spawnSync } from 'node:child_process';
import { bundled } from '../../scripts/bundled.mjs';
import { goal } from '../goals.mjs';
import { count, heading, paragraphs, seconds, table } from '../text.mjs';

export const shrink = {
  name: 'shrink',
  // It has rounds of its own, and counts the processor's time.
  rounds: 1,
  rows: [{ name: 'residual' }],
  measure: async () => {
    const script = await bundled('bench/shrink.ts');
    // More parameters than a spec may have.
    const env = { ...process.env, DNC_MAX_PARAMETERS: '1000000000' };
    const { stdout, status } = spawnSync(process.execPath, [script, '--json'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`bench/shrink.ts ended with ${status}`);
    return { sizes: JSON.parse(stdout) };
  },
  goals: (_, { sizes }) => [
    goal(`${count(sizes.at(-1).layers)} layers`, sizes.at(-1).seconds, { atMost: 3, unit: ' s' }),
  ],
  section: ([{ result }]) =>
    paragraphs(
      heading('Liveness and shrinking'),
      `Of residual networks of Dense layers in which a tenth of the units has no reader and another tenth reads nothing; without reading files. Seconds of the processor, the least of 3. Goal: under 3 s for 1,000
layers with 100 million parameters, in proportion to the size. \`npm run bench -- --only shrink\``,
      table(
        ['layers', 'parameters', 's', 'units gone'],
        result.sizes.map((one) => [count(one.layers), count(one.parameters), seconds(one.seconds), count(one.removed)]),
      ),
    ),
};
