// What live shrinking brings: whole trainings with and without it, turn by turn, each in a process of its own.
import { spawnSync } from 'node:child_process';
import { bundled } from '../../scripts/bundled.mjs';
import { goal } from '../goals.mjs';
import { median, spread } from '../rounds.mjs';
import { count, heading, paragraphs, ratio, seconds, table } from '../text.mjs';

const EPOCHS = 40;
const ways = [
  { name: 'at the end only', live: '' },
  { name: 'on the way', live: 'every: 1; after: 1; patience: 2' },
];

/**
 * The share of the time that live shrinking could save, from how the sizes went: an epoch of the network that lives (its multiply-adds when the epoch began, as the training that shrinks at
 * the end has them) would take what lies, in proportion, between the time of an epoch of the whole network and that of one of the last network; both as measured.
 */
export function allowed({ sizes, whole, last }) {
  const [first, final] = [sizes[0], sizes.at(-1)];
  const at = (size) => (first === final ? whole : last + ((whole - last) * (size - final)) / (first - final));
  const taken = sizes.slice(0, -1).reduce((sum, size) => sum + at(size), 0);
  return 1 - taken / (whole * (sizes.length - 1));
}

export const live = {
  name: 'live',
  rounds: 5,
  most: 5,
  rows: [{ name: 'lenet-300-100' }],
  /** Seconds of training (loading data, and simplifying at the end, not counted), and what came out. */
  measure: async (_, { rounds, threads, look, log }) => {
    const script = await bundled('bench/live.ts');
    const measured = ways.map((way) => ({ ...way, times: [] }));
    for (let round = 0; round < rounds; round++) {
      log(`live shrinking, round ${round + 1} of ${rounds}`);
      for (const way of round % 2 === 0 ? measured : [...measured].reverse()) {
        const request = JSON.stringify({ live: way.live, epochs: look ? 8 : EPOCHS, threads });
        const { stdout, stderr, status } = spawnSync(process.execPath, [script, request], { encoding: 'utf8' });
        if (status !== 0) throw new Error(`live shrinking, ${way.name}: ${stderr}`);
        const { seconds, epochSeconds, ...came } = JSON.parse(stdout);
        way.times.push(seconds);
        way.epochs = [...(way.epochs ?? []), epochSeconds];
        Object.assign(way, came);
      }
    }
    const [end, way] = measured;
    // The whole network's epochs: all of the one; the last network's: the other's last fifth.
    const perEpoch = (runs, from) => median(runs.flatMap((run) => run.slice(from)));
    const fifth = Math.max(1, Math.round(end.sizes.length / 5));
    return {
      ways: measured.map(({ epochs: _, ...one }) => ({ ...one, ...spread(one.times) })),
      allowed: allowed({
        sizes: end.sizes,
        whole: perEpoch(end.epochs, 0),
        last: perEpoch(way.epochs, -fifth),
      }),
    };
  },
  goals: (_, { ways: [end, way], allowed }) =>
    allowed > 0
      ? [
          goal('saved by live shrinking, of what the history of sizes allows', (1 - way.median / end.median) / allowed, {
            atLeast: 0.8,
          }),
        ]
      : [],
  section: ([{ result }]) => {
    const [end, way] = result.ways;
    return paragraphs(
      heading('Live shrinking'),
      `Whole trainings of LeNet-300-100, li + lo with λ = 1e-3 by proximal steps, ${end.sizes.length - 1} epochs of 20,000 drawn digits in batches of 128, dead units removed at the end only and on the way
(\`simplify { ${way.live} }\`, [methods.md](methods.md), section 4); 2 threads. Seconds from the first step to the end of the last epoch, with everything that making the network smaller takes; medians of
${end.times.length} interleaved rounds, each in a process of its own. On the way takes **${ratio(way.median / end.median)}** of the time. The history of sizes allows ${ratio(1 - result.allowed)}: were every epoch as short as its living network, at
once and for nothing.`,
      table(
        [
          'dead units go',
          's',
          'fastest – slowest',
          'times that they did',
          'multiply-adds a row, at first',
          'and at the end',
          'accuracy on test rows',
        ],
        result.ways.map((one) => [
          one.name,
          seconds(one.median),
          `${seconds(one.low)} – ${seconds(one.high)}`,
          String(one.shrinks),
          count(one.before),
          count(one.after),
          one.accuracy.toFixed(4),
        ]),
      ),
    );
  },
};
