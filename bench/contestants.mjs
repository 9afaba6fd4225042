// Who is measured: LeNet-300-100, batch 128, li + lo of 1e-4 on every kernel, Adam; and LeNet-5-Caffe, batch 128, Adam.
import { BATCH, lenet300, lenet5Caffe } from './networks.mjs';

const LAMBDA = 1e-4;

const gradient = lenet300(`@dropneuron(${LAMBDA}, solver: gradient)`);
const proximal = lenet300(`@dropneuron(${LAMBDA})`);

const common = { batch: BATCH, seed: 7, warmUp: 100, image: [784] };
const own = (name, request, rest = {}) => ({
  name,
  program: 'dnc',
  steps: 200,
  request: { ...common, spec: gradient, ...request, ...(rest.steps && { warmUp: 2 }) },
  ...rest,
});

/** The one that everything is compared with. */
export const DEFAULT = 'dnc, onnxruntime';

/** dnc's own, `steps` in a round. */
export const ours = [
  own(DEFAULT, { engine: 'onnxruntime', threads: 2 }),
  own('dnc, onnxruntime, 1 thread', { engine: 'onnxruntime', threads: 1 }),
  own('dnc, onnxruntime, whole step in ONNX', { engine: 'onnxruntime', threads: 2, updatePass: false }),
  own('dnc, onnxruntime, whole step in ONNX, 1 thread', { engine: 'onnxruntime', threads: 1, updatePass: false }),
  own('dnc, onnxruntime, proximal reweighted', { engine: 'onnxruntime', threads: 2, spec: proximal }),
  own('dnc, onnxruntime, proximal reweighted, whole step in ONNX', {
    engine: 'onnxruntime',
    threads: 2,
    updatePass: false,
    spec: proximal,
  }),
  own('dnc, tfjs-wasm', { engine: 'tfjs-wasm', threads: 2 }, { steps: 20 }),
  own('dnc, tfjs-wasm, 1 thread', { engine: 'tfjs-wasm', threads: 1 }, { steps: 20 }),
  own('dnc, tfjs-cpu', { engine: 'tfjs-cpu', threads: 1 }, { steps: 4 }),
];

/**
 * glibc gives large blocks back to the system when they are freed, and PyTorch takes new ones in every step. With these it keeps them: a setting that PyTorch's
 * own guide recommends in the form of other allocators, and that hardly anybody has.
 */
const keepMemory = {
  MALLOC_MMAP_THRESHOLD_: String(2 ** 30),
  MALLOC_TOP_PAD_: String(2 ** 26),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 30),
};

const peer = (name, environment, script, request, env = {}) => ({
  name,
  env,
  program: 'peer',
  environment,
  script: `bench/peers/${script}.py`,
  steps: 200,
  request: { ...common, network: 'lenet-300-100', threads: 2, lambda: LAMBDA, ...request },
});

/** What people use today. */
export const peers = [
  peer('PyTorch, eager', 'torch', 'pytorch', { compile: null }),
  peer('PyTorch, eager, freed memory kept', 'torch', 'pytorch', { compile: null }, keepMemory),
  peer('PyTorch, torch.compile', 'torch', 'pytorch', { compile: 'default' }),
  peer('PyTorch, torch.compile, freed memory kept', 'torch', 'pytorch', { compile: 'default' }, keepMemory),
  peer('PyTorch, torch.compile, max-autotune', 'torch', 'pytorch', { compile: 'max-autotune-no-cudagraphs' }),
  peer('Keras on TensorFlow, graph mode', 'keras', 'keras_tensorflow', { xla: false }),
  peer('Keras on TensorFlow, XLA', 'keras', 'keras_tensorflow', { xla: true }),
];

const images = { image: [28, 28, 1], warmUp: 20 };
const ownImages = (name, request) => own(name, { ...images, spec: lenet5Caffe, engine: 'onnxruntime', ...request }, {});
const peerImages = (name, environment, script, request, env) =>
  peer(name, environment, script, { ...images, network: 'lenet-5-caffe', ...request }, env);
const fewer = (one) => ({ ...one, steps: 40 });

/** The same question for convolutions, 40 steps in a round. */
export const ourConvolutions = [
  ownImages(DEFAULT, { threads: 2 }),
  ownImages('dnc, onnxruntime, 1 thread', { threads: 1 }),
  ownImages('dnc, onnxruntime, whole step in ONNX', { threads: 2, updatePass: false }),
].map(fewer);
export const peerConvolutions = [
  peerImages('PyTorch, eager', 'torch', 'pytorch', { compile: null }),
  peerImages('PyTorch, eager, freed memory kept', 'torch', 'pytorch', { compile: null }, keepMemory),
  peerImages('PyTorch, torch.compile', 'torch', 'pytorch', { compile: 'default' }),
  peerImages('Keras on TensorFlow, graph mode', 'keras', 'keras_tensorflow', { xla: false }),
  peerImages('Keras on TensorFlow, XLA', 'keras', 'keras_tensorflow', { xla: true }),
].map(fewer);
