// What sparsity methods cost: the time of a step of LeNet-300-100 with each of them and without, batch 128, Adam. npm run bench -- --methods
import { stepProgram, withFrozen } from '../src/compiler/4-program/index.js';
import { compile } from '../src/compiler/compile.js';
import { Source } from '../src/diagnostics/source.js';
import { initializers } from '../src/initializers/index.js';
import type { InitializerKind } from '../src/initializers/initializer.js';
import { initialTensor } from '../src/initializers/initial.js';
import { type HostTensor, sizeOf } from '../src/program/program.js';
import { engines } from '../src/runtime/engines/index.js';
import { RandomInputs } from '../src/runtime/training/random-inputs.js';
import { methods } from '../src/sparsity/index.js';
import { BATCH, lenet300 } from './networks.mjs';

/** Every method as it is used on this network; of several ways those that cost differently. */
const annotations: Readonly<Record<string, readonly string[]>> = {
  dropnet: ['@dropnet(5)'],
  dropneuron: ['@dropneuron(1e-4)', '@dropneuron(1e-4, solver: gradient)', '@dropneuron(1e-4, reweighted: true)'],
  dsd: ['@dsd(0.3, during: train)'],
  elastic: ['@elastic(1e-5, 1e-5)', '@elastic(1e-5, 1e-5, solver: proximal)'],
  group_lasso: ['@group_lasso(1e-4)', '@group_lasso(1e-4, solver: gradient)', '@group_lasso(1e-4, side: outgoing)'],
  information_bottleneck: ['@information_bottleneck(1e-4)'],
  l0: ['@l0(1e-4)', '@l0(1e-4, draws: row)'],
  l0_constrained: ['@l0_constrained(10%)'],
  l1: ['@l1(1e-5)', '@l1(1e-5, solver: proximal)'],
  l2: ['@l2(1e-5)'],
  layerwise_refined: ['@layerwise_refined(0.5)'],
  learn_and_drop: ['@learn_and_drop'],
  magnitude: ['@magnitude(0.9, schedule: polynomial)', '@magnitude(0.5, of: unit, schedule: polynomial)'],
  net_trim: ['@net_trim'],
  prune_large: ['@prune_large(0.85)'],
  sparse_group_lasso: ['@sparse_group_lasso(1e-4)', '@sparse_group_lasso(1e-4, solver: gradient)'],
  spectral_dropout: ['@spectral_dropout(0.1)', '@spectral_dropout(share: 0.3, rate: 0.9)'],
  targeted_dropout: [
    '@targeted_dropout(0.5, 0.75)',
    '@targeted_dropout(0.5, 0.75, of: unit)',
    '@targeted_dropout(0.5, 0.75, of: whole_unit)',
  ],
  variational: ['@variational(1e-4)'],
};

const [rounds, steps] = process.argv.slice(2).map(Number) as [number, number];

/** What @learn_and_drop has frozen, by how a row is called: layers leave the backward pass and the update. */
const frozen: Readonly<Record<string, readonly string[]>> = {
  '@learn_and_drop, fc1 frozen': ['fc1'],
  '@learn_and_drop, fc1 and fc2 frozen': ['fc1', 'fc2'],
};

/** One way of training: `steps` of it, in milliseconds a step. */
async function contestant(name: string) {
  const isFrozen = Object.hasOwn(frozen, name);
  const { spec: compiled, network: whole } = compile(
    new Source('bench.dn', lenet300(isFrozen ? '@learn_and_drop' : name)),
  );
  const network = isFrozen ? withFrozen(whole, frozen[name]!) : whole;
  const phase = { ...compiled.train.phases[0]!, finetune: false };
  const step = stepProgram(network, phase);
  const loaded = await engines.onnxruntime.load({ step: step.program }, { threads: 2 });
  await loaded.setState(
    Object.fromEntries(
      step.state.map(({ name, shape, param, slot, start }): [string, HostTensor] => {
        if (slot !== undefined || start !== undefined)
          return [name, { shape, data: new Float32Array(sizeOf(shape)).fill(start ?? 0) }];
        const kind = (initializers as Readonly<Record<string, InitializerKind>>)[param.initializer.word]!;
        return [name, { shape, data: initialTensor(param.initializer, kind, { name, shape, seed: 7 }) }];
      }),
    ),
  );
  const random = new RandomInputs(step.program, 7);
  const inputs: Readonly<Record<string, HostTensor>> = {
    image: { shape: [BATCH, 784], data: Float32Array.from({ length: BATCH * 784 }, (_, k) => ((k * 37) % 101) / 101) },
    [`target:${step.targets[0]!.output}`]: {
      shape: [BATCH],
      data: Int32Array.from({ length: BATCH }, (_, k) => k % 10),
    },
  };
  let done = 0;
  return async (count: number): Promise<number> => {
    const began = performance.now();
    for (let k = 0; k < count; k++) {
      done += 1;
      const scalars = step.scalars({ step: done, learningRate: 1e-3, rows: BATCH });
      await loaded.run('step', {
        ...inputs,
        ...random.draw({ epoch: 0, step: done }, BATCH),
        ...Object.fromEntries(
          Object.entries(scalars).map(([name, value]) => [name, { shape: [], data: Float32Array.of(value) }]),
        ),
      });
    }
    return (performance.now() - began) / count;
  };
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

const names = ['', ...Object.values(annotations).flat(), ...Object.keys(frozen)];
const live: { readonly name: string; readonly run: (count: number) => Promise<number>; readonly times: number[] }[] =
  [];
for (const name of names) {
  const run = await contestant(name);
  await run(Math.max(5, Math.ceil(steps / 2)));
  live.push({ name, run, times: [] });
}
// They take turns, and the one that begins is another in every round: what disturbs the machine disturbs them all.
for (let round = 0; round < rounds; round++)
  for (let k = 0; k < live.length; k++) {
    const one = live[(round + k) % live.length]!;
    one.times.push(await one.run(steps));
  }
const without = live[0]!;
const rows = live.map(({ name, times }) => {
  // Of one round each: the machine was the same.
  const ratio = median(times.map((time, round) => time / without.times[round]!));
  return [name === '' ? 'no method' : `\`${name}\``, median(times).toFixed(2), ratio.toFixed(2)];
});
process.stdout.write(
  [['LeNet-300-100, batch 128, Adam, onnxruntime', 'ms/step', 'with / without'], ['---', '---:', '---:'], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join(''),
);
const absent = Object.keys(methods).filter((word) => !Object.hasOwn(annotations, word));
if (absent.length > 0) process.stdout.write(`Not measured: ${absent.join(', ')}.\n`);
process.exit(0);
