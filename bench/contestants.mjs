// Who is measured beside each other in training steps, for any of the networks.
import { networks } from './networks.mjs';

/** The one that everything is compared with: what `--engine auto` takes where there is no graphics card. */
export const DEFAULT = 'dnc, onnxruntime';

/**
 * glibc gives large blocks back to the system when they are freed, and PyTorch takes new ones in every step. With these it keeps them: a setting that PyTorch's
 * own guide recommends in the form of other allocators, and that hardly anybody has.
 */
const keepMemory = {
  MALLOC_MMAP_THRESHOLD_: String(2 ** 30),
  MALLOC_TOP_PAD_: String(2 ** 26),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 30),
};

/** What dnc's and the peers' processes are asked alike. `more`: the batch, where it is not the network's own. */
function common(network, { warmUp = 100, ...more } = {}) {
  const { batch, image, targets, learningRate } = networks[network];
  return { batch, image, ...(targets && { targets }), learningRate, seed: 7, warmUp, threads: 2, ...more };
}

/** One of dnc's own; `steps` in a round. */
export function own(network, name, { steps, spec, engine = 'onnxruntime', profile = false, ...request }) {
  const { spec: text, phase = 0 } = networks[network];
  return {
    name,
    program: 'dnc',
    steps,
    profile,
    request: { ...common(network, request), engine, phase, spec: spec ?? text() },
  };
}

/** One in Python: `script` in bench/peers, in the environment of that name. */
function peer(network, name, environment, script, { steps, env = {}, ...request }) {
  const { penalties, lasso } = networks[network];
  return {
    name,
    env,
    program: 'python',
    environment,
    script: `bench/peers/${script}.py`,
    steps,
    request: { ...common(network, request), network, ...(penalties && { penalties }), ...(lasso && { lasso }) },
  };
}

export const torch = (network, name, request) => peer(network, `PyTorch, ${name}`, 'torch', 'pytorch', request);

/** PyTorch as people use it: eager and compiled, with its memory kept, and for pictures channels last. */
export function torchPeers(network, request) {
  const hasPictures = networks[network].image.length === 3;
  return [
    torch(network, 'eager', { ...request, compile: null }),
    torch(network, 'eager, freed memory kept', { ...request, compile: null, env: keepMemory }),
    ...(hasPictures ? [torch(network, 'eager, channels last', { ...request, compile: null, channelsLast: true })] : []),
    torch(network, 'torch.compile', { ...request, compile: 'default' }),
    ...(hasPictures
      ? [torch(network, 'torch.compile, channels last', { ...request, compile: 'default', channelsLast: true })]
      : [torch(network, 'torch.compile, freed memory kept', { ...request, compile: 'default', env: keepMemory })]),
  ];
}

export function kerasPeers(network, request) {
  const keras = (name, script, more) => peer(network, `Keras on ${name}`, 'keras', script, { ...request, ...more });
  return [
    keras('TensorFlow, graph mode', 'keras_tensorflow', { xla: false }),
    keras('TensorFlow, XLA', 'keras_tensorflow', { xla: true }),
    keras('JAX', 'keras_jax', {}),
  ];
}

/** TensorFlow.js with `optimizer.minimize`, slower by ten and more: `steps` are fewer. */
export function tfjsPeers(network, { steps, warmUp }) {
  const { penalties, lasso } = networks[network];
  const plain = (backend) => ({
    name: `TensorFlow.js, ${backend === 'wasm' ? 'tfjs-wasm' : 'tfjs-node'}`,
    program: 'node',
    script: 'bench/peers/tfjs.mjs',
    steps,
    request: {
      ...common(network, { warmUp }),
      network,
      backend,
      ...(penalties && { penalties }),
      ...(lasso && { lasso }),
    },
  });
  return [plain('native'), plain('wasm')];
}
