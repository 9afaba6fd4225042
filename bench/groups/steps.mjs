// One training step of every network, beside the peers.
import { DEFAULT, kerasPeers, own, tfjsPeers, torch, torchPeers } from '../contestants.mjs';
import { memoryGoal, timeGoal } from '../goals.mjs';
import { lenet300, networks } from '../networks.mjs';
import { race } from '../race.mjs';
import { heading, mib, ms, paragraphs, ratio, seconds, table } from '../text.mjs';

const EAGER = /^PyTorch, eager$/;
/** For pictures, by the layout that suits it better. */
const EAGER_ANY_LAYOUT = /^PyTorch, eager(, channels last)?$/;
const COMPILED = /^PyTorch, torch\.compile/;
const KERAS = /^Keras/;
const ANYONE = /^(PyTorch|Keras|TensorFlow\.js)/;

const dense = (result) => [
  timeGoal(result, DEFAULT, 'torch.compile', COMPILED, 0.6),
  timeGoal(result, DEFAULT, 'PyTorch eager', EAGER, 0.25),
  timeGoal(result, DEFAULT, 'Keras', KERAS, 0.25),
];
const convolutional = (result) => [
  timeGoal(result, DEFAULT, 'PyTorch eager', EAGER_ANY_LAYOUT, 0.7),
  timeGoal(result, DEFAULT, 'the fastest peer', ANYONE, 0.9),
];
const memory = (result) => [
  memoryGoal(result, DEFAULT, 'PyTorch', /^PyTorch/, 0.6),
  memoryGoal(result, DEFAULT, 'Keras', KERAS, 0.4),
];
const plainTfjs = (result) => [
  timeGoal(result, 'dnc, tfjs-node', 'plain tfjs-node', /^TensorFlow\.js, tfjs-node$/, 1 / 3),
  timeGoal(result, 'dnc, tfjs-wasm', 'plain tfjs-wasm', /^TensorFlow\.js, tfjs-wasm$/, 1 / 3),
];

/** dnc's other ways of the one network where each is shown. */
const waysOfLenet300 = (own) => {
  const proximal = lenet300('@dropneuron(1e-4)');
  return [
    own('dnc, onnxruntime, 1 thread', { threads: 1 }),
    own('dnc, onnxruntime, whole step in ONNX', { updatePass: false }),
    own('dnc, onnxruntime, whole step in ONNX, 1 thread', { threads: 1, updatePass: false }),
    own('dnc, onnxruntime, proximal', { spec: proximal }),
    own('dnc, onnxruntime, proximal, whole step in ONNX', { spec: proximal, updatePass: false }),
    own('dnc, tfjs-node', { engine: 'tfjs-node', steps: 40, warmUp: 20 }),
    own('dnc, tfjs-wasm', { engine: 'tfjs-wasm', steps: 20, warmUp: 5 }),
    own('dnc, tfjs-wasm, 1 thread', { engine: 'tfjs-wasm', threads: 1, steps: 20, warmUp: 5 }),
    own('dnc, tfjs-cpu', { engine: 'tfjs-cpu', threads: 1, steps: 2, warmUp: 1 }),
  ];
};
const waysOfPictures = (own) => [
  own('dnc, onnxruntime, 1 thread', { threads: 1 }),
  own('dnc, onnxruntime, whole step in ONNX', { updatePass: false }),
];

/** A row: its network, the steps in a round (and of the slow TensorFlow.js), the steps before the first round, dnc's other ways, what it is held to. */
const rows = [
  { name: 'lenet-300-100', steps: 200, slow: 10, warmUp: 100, ways: waysOfLenet300, goals: [dense, plainTfjs, memory], tuned: true },
  { name: 'autoencoder', steps: 100, slow: 10, warmUp: 50, goals: [dense, memory] },
  { name: 'adamnet', steps: 40, slow: 4, warmUp: 20, goals: [dense, memory] },
  { name: 'lenet-5-caffe', steps: 40, slow: 5, warmUp: 20, ways: waysOfPictures, goals: [convolutional, memory] },
  { name: 'convnet', steps: 15, slow: 4, warmUp: 10, goals: [convolutional, memory] },
  { name: 'lstm', steps: 40, slow: 4, warmUp: 20, goals: [memory] },
  { name: 'resnet-20', steps: 2, slow: 1, warmUp: 2, goals: [(result) => [timeGoal(result, DEFAULT, 'PyTorch eager', EAGER_ANY_LAYOUT, 1.5)], memory] },
]; // biome-ignore format: a table

export const steps = {
  name: 'steps',
  peers: true,
  needsPeak: true,
  rows,
  measure: async ({ name, steps, slow, warmUp, ways, tuned }, { peers, ...context }) => {
    const { asWritten, pool } = networks[name];
    const mine = (title, request) => own(name, title, { steps, warmUp, ...request });
    const contestants = [
      mine(DEFAULT, { profile: true }),
      ...(asWritten ? [mine('dnc, onnxruntime, the spec as it is', { spec: asWritten() })] : []),
      ...(ways ? ways(mine) : []),
    ];
    if (peers) {
      contestants.push(...torchPeers(name, { steps, warmUp }));
      if (tuned)
        contestants.push(
          torch(name, 'torch.compile, max-autotune', { steps, warmUp, compile: 'max-autotune-no-cudagraphs' }),
        );
      contestants.push(...kerasPeers(name, { steps, warmUp }), ...tfjsPeers(name, { steps: slow, warmUp: slow }));
    }
    return race(contestants, { pool, ...context });
  },
  goals: ({ goals }, result) => goals.flatMap((each) => each(result)).filter((one) => one !== undefined),
  section,
};

function section(parts, { rowOf }) {
  const rounds = [...new Set(parts.map((part) => part.rounds))].join(' or ');
  return paragraphs(
    heading('One training step'),
    `Random rows from one pool in memory, shuffled anew every epoch; picking the batch is part of the step for all. The solver of penalties is \`gradient\` where nothing else is said, which is what the peers compute, too; "the spec
as it is" has its own, and its metrics. Every contestant is a process of its own, warmed up before; they take turns, ${rounds} rounds, and the one that begins is another in every round. Peers use 2 threads, and so does dnc where
nothing else is said. The tables have the medians over the rounds in milliseconds per step, the fastest and the slowest round, dnc's default divided by the row (below 1: dnc is faster), the seconds of
an epoch of its data set, steps in a round, peak memory of the process in MiB (up to 40 of them are the pool), and the seconds that making the engine ready and the first step took (for dnc after
compiling the spec, for peers after importing the library).`,
    ...parts.map((part) => stepsOf(rowOf(part.key), part)),
  );
}

function stepsOf(row, { result, peak }) {
  const { measured, absent = [] } = result;
  const base = measured.find((one) => one.name === DEFAULT);
  const { title, about, epoch, batch } = networks[row.name];
  const perEpoch = Math.ceil(epoch / batch);
  const describe = measured.map((one) => one.describe).filter((one, at, all) => all.indexOf(one) === at);
  return paragraphs(
    heading(title, 3),
    `${about}. An epoch has ${perEpoch} steps.`,
    table(
      ['contestant', 'ms/step', 'fastest – slowest', 'dnc / it', 's/epoch', 'steps', 'MiB', 'first step, s'],
      measured.map((one) => [
        one.name,
        ms(one.median),
        `${ms(one.low)} – ${ms(one.high)}`,
        base ? ratio(base.median / one.median) : '',
        seconds((one.median * perEpoch) / 1000),
        String(one.steps),
        one.peakBytes ? mib(one.peakBytes) : '',
        seconds(one.loadMs / 1000),
      ]),
    ),
    base ? limitText(base, peak) : '',
    base ? profileText(base, steps.goals(row, result)) : '',
    absent.length > 0 ? `Not measured: ${absent.map(({ name, because }) => `${name} (${because})`).join('; ')}.` : '',
    `As they describe themselves: ${describe.join('; ')}.`,
  );
}

/** The physical limit. */
function limitText({ flops, median }, peak) {
  if (!flops || !peak) return '';
  const alone = flops / (peak * 1e6);
  return `The products of a step alone (${(flops / 1e9).toPrecision(3)} GFLOP) take ${ms(alone)} ms at the machine's peak of ${peak.toFixed(0)} GFLOP/s; dnc's step takes ${(median / alone).toFixed(1)} times that.`;
}

/** Where the time goes, of what falls short. */
function profileText({ profile }, goals) {
  if (!profile || goals.every(({ met }) => met)) return '';
  const parts = profile.slice(0, 8).map(({ what, share }) => `${what} ${(100 * share).toFixed(0)} %`);
  return `Where dnc's time goes: ${parts.join(', ')}.`;
}
