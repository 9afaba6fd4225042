// Time to the simplified network: from a spec to the smaller spec with its weights, beside torch.compile with the same penalties and Torch-Pruning behind it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundled } from '../../scripts/bundled.mjs';
import { python, pythonEnvironment } from '../../scripts/python.mjs';
import { goal, medianRatio } from '../goals.mjs';
import { spread } from '../rounds.mjs';
import { count, heading, paragraphs, seconds, table } from '../text.mjs';

const DNC = 'dnc, spec to smaller spec';
const PEER = 'PyTorch, torch.compile and Torch-Pruning';
const SPEC = 'specs/lenet-300-100.dn';
/** What the spec says, for the peer. */
const PROTOCOL = { lambda: 1.5e-4, batch: 128, rate: 2e-3, finetuneRate: 1e-3, seed: 7 };
/** Fewer for a look. */
const EPOCHS = { whole: { epochs: 60, finetune: 30 }, look: { epochs: 4, finetune: 2 } };

/** What a finished run of dnc says of itself in result.json. */
export function outcomeOf({ scores, units, weights_after: weights }) {
  const { trained, simplified } = scores.test;
  return {
    accuracyBefore: trained.metrics.accuracy,
    accuracy: simplified.metrics.accuracy,
    units: [units.fc1.after, units.fc2.after],
    weights,
  };
}

function call(command, args, env = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`${command} ${args.slice(0, 3).join(' ')} ended with ${status}\n${stderr}`);
  return stdout;
}

export const simplified = {
  name: 'simplified',
  peers: true,
  rounds: 3,
  most: 3,
  rows: [{ name: 'lenet-300-100' }],
  measure: async (_, { rounds, threads, look, peers, dataFolder, log }) => {
    const { epochs, finetune } = look ? EPOCHS.look : EPOCHS.whole;
    const folder = path.resolve('.cache/bench/simplified');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const spec = path.join(folder, 'lenet-300-100.dn');
    const text = readFileSync(SPEC, 'utf8').replace('epochs: 60', `epochs: ${epochs}`).replace('epochs: 30', `epochs: ${finetune}`);
    const isMnist = dataFolder !== undefined && existsSync(path.join(dataFolder, 'mnist'));
    const drawn = 'drawn_digits(train: 60000, test: 10000)';
    writeFileSync(spec, isMnist ? text : text.replace('source: mnist', `source: ${drawn}`));
    const data = isMnist ? ['--data-dir', dataFolder] : [];
    const rows = path.join(folder, 'rows');
    if (peers) call(process.execPath, [await bundled('bench/export-rows.ts'), spec, rows, ...data]);

    const [dnc, peer] = [DNC, PEER].map((name) => ({ name, times: [] }));
    for (let round = 0; round < rounds; round++) {
      log(`time to the simplified network, round ${round + 1} of ${rounds}`);
      const run = path.join(folder, `run-${round}`);
      const trainOurs = () => {
        const began = performance.now();
        call(process.execPath, ['dist/cli.js', 'train', spec, '--out', run, '--threads', String(threads), ...data]);
        dnc.times.push((performance.now() - began) / 1000);
        const result = JSON.parse(readFileSync(path.join(run, 'result.json'), 'utf8'));
        Object.assign(dnc, outcomeOf(result));
      };
      const trainTheirs = () => {
        // They cut to the widths that dnc found in the round before.
        const request = { ...PROTOCOL, threads, rows, units: dnc.units, epochs, finetune };
        const began = performance.now();
        const said = call(python('torch'), ['bench/peers/simplified.py', JSON.stringify(request)], pythonEnvironment);
        peer.times.push((performance.now() - began) / 1000);
        Object.assign(peer, JSON.parse(said.trim().split('\n').at(-1)));
      };
      const turns = peers ? [trainOurs, trainTheirs] : [trainOurs];
      for (const turn of round % 2 === 0 ? turns : turns.reverse()) turn();
    }
    const measured = (peers ? [dnc, peer] : [dnc]).map((one) => ({ ...one, ...spread(one.times) }));
    rmSync(folder, { recursive: true, force: true });
    return { data: isMnist ? 'MNIST' : 'drawn digits', epochs, finetune, measured };
  },
  goals: (_, { measured: [dnc, peer] }) =>
    peer ? [goal(`time of ${PEER}`, medianRatio(dnc.times, peer.times), { atMost: 0.5 })] : [],
  section: ([{ result }]) =>
    paragraphs(
      heading('Time to the simplified network'),
      `LeNet-300-100 on ${result.data}, from starting the command to the smaller network with its weights; ${result.epochs} epochs with li + lo of λ = 1.5e-4, then ${result.finetune} without, 2 threads, medians of ${result.measured[0].times.length} rounds in turns. dnc is
\`dnc train ${SPEC}\` (search for the threshold, certificate and exports are in its time). The peer trains the same network with the same penalties by torch.compile and fused Adam, cuts the hidden layers with
Torch-Pruning to the widths that dnc found (it removes no pixels, and proves nothing), and trains on.`,
      table(
        ['who', 's', 'fastest – slowest', 'units left', 'weights', 'test accuracy, trained', 'simplified'],
        result.measured.map((one) => [
          one.name,
          seconds(one.median),
          `${seconds(one.low)} – ${seconds(one.high)}`,
          one.units.join('-'),
          count(one.weights),
          one.accuracyBefore.toFixed(4),
          one.accuracy.toFixed(4),
        ]),
      ),
    ),
};
