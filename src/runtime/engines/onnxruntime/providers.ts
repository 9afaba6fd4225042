import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encode } from '../../../onnx/model.js';
import { anotherEngine, nothingHelps, type Readiness } from '../engine.js';
import { graphicsCards, lacksNvidia } from '../nvidia.js';
import { binaryFolder, type Ort } from './library.js';

/**
 * An execution provider of ONNX Runtime: what runs the nodes of a graph that it knows, instead of the processor. Parameters stay in memory of the
 * process, where the update runs; a step sends them to the device with its batch and brings the gradients back.
 */
export interface Provider {
  /** As onnxruntime-node's `listSupportedBackends` calls it. */
  readonly name: string;
  /** The engine that runs with it. */
  readonly keyword: string;
  /** As people call it. */
  readonly title: string;
  readonly summary: string;
  /** How the package is asked for it. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Options of a session that it needs. */
  readonly session?: Readonly<Record<string, unknown>>;
  /** What keeps it from running here, as far as files tell; undefined: nothing. Loads nothing. */
  lacks(): Extract<Readiness, { ready: false }> | undefined;
  /** What may help where it does not start. */
  readonly help: string;
  /** Is called before the first session. */
  prepare?(): void;
  /** What decides its numbers, for the record of a run. */
  features(): string;
}

function elsewhere(title: string, systems: string): Extract<Readiness, { ready: false }> {
  const because = `onnxruntime-node has ${title} for ${systems} alone, and this is ${process.platform} on ${process.arch}`;
  return { ready: false, because, help: nothingHelps };
}

/**
 * NVIDIA graphics cards. The package's Node binding takes no option of it but the card's number. So products are kept in float32 by NVIDIA's own variable (it takes TF32 for
 * them otherwise, with 10 bits), and how a convolution is computed is found by cuDNN by trying: by a clock, which is why `auto` takes it for steps without convolutions only.
 */
export const cuda: Provider = {
  name: 'cuda',
  keyword: 'onnxruntime-cuda',
  title: 'CUDA',
  summary: 'ONNX Runtime on an NVIDIA graphics card, with the update on the CPU; not tried on such hardware yet',
  options: { name: 'cuda', deviceId: 0 },
  lacks() {
    if (process.platform !== 'linux' || process.arch !== 'x64') return elsewhere(this.title, 'Linux on x64');
    const folder = binaryFolder();
    if (folder === undefined || !existsSync(join(folder, 'libonnxruntime_providers_cuda.so'))) {
      const script = folder && join(dirname(dirname(dirname(dirname(folder)))), 'script', 'install.js');
      return {
        ready: false,
        because: 'the files for CUDA are not there, which the install script of onnxruntime-node fetches',
        help: `run \`ONNXRUNTIME_NODE_INSTALL=cuda12 node ${script ?? 'node_modules/onnxruntime-node/script/install.js'}\``,
      };
    }
    return lacksNvidia();
  },
  help: 'it needs the libraries of CUDA 12 and cuDNN 9 where the loader finds them, in LD_LIBRARY_PATH for example',
  prepare() {
    process.env[TF32] ??= '0';
  },
  features: () =>
    ['execution provider CUDA', ...graphicsCards(), ...(process.env[TF32] === '0' ? [] : ['TF32'])].join(', '),
};

const TF32 = 'NVIDIA_TF32_OVERRIDE';

/** As an ML program (16), on processor and graphics card (32): the neural engine computes in 16 bits. From onnxruntime's coreml_provider_factory.h. */
const COREML_FLAGS = 16 + 32;

/** Apple's graphics cards. */
export const coreml: Provider = {
  name: 'coreml',
  keyword: 'onnxruntime-coreml',
  title: 'CoreML',
  summary: "ONNX Runtime with Apple's CoreML, with the update on the CPU; not tried on such hardware yet",
  options: { name: 'coreml', coreMlFlags: COREML_FLAGS },
  lacks() {
    return process.platform === 'darwin' ? undefined : elsewhere(this.title, 'macOS');
  },
  help: 'it needs macOS 12 or later',
  features: () => 'execution provider CoreML',
};

/** Graphics cards of any maker on Windows. It runs neither memory patterns nor nodes side by side. */
export const directml: Provider = {
  name: 'dml',
  keyword: 'onnxruntime-directml',
  title: 'DirectML',
  summary: 'ONNX Runtime on a graphics card under Windows, with the update on the CPU; not tried on such hardware yet',
  options: { name: 'dml', deviceId: 0 },
  session: { enableMemPattern: false },
  lacks() {
    return process.platform === 'win32' ? undefined : elsewhere(this.title, 'Windows');
  },
  help: 'it needs a graphics card with DirectX 12',
  features: () => 'execution provider DirectML',
};

/** What keeps a provider from running, and what may help. */
interface Lacking {
  readonly because: string;
  readonly help: readonly string[];
}

const tried = new WeakMap<Ort, Map<string, Promise<Lacking | undefined>>>();

/**
 * Runs a graph of one node with a provider. Gives what keeps it from running, and what may help; undefined where it went well, which is tried once: what does not
 * run now may do so later, on a card that has memory again for example.
 */
export async function tryProvider(ort: Ort, provider: Provider): Promise<Lacking | undefined> {
  let known = tried.get(ort);
  if (!known) tried.set(ort, (known = new Map()));
  let found = known.get(provider.name);
  if (!found) known.set(provider.name, (found = tryOnce(ort, provider)));
  const lacking = await found;
  if (lacking && known.get(provider.name) === found) known.delete(provider.name);
  return lacking;
}

async function tryOnce(ort: Ort, provider: Provider): Promise<Lacking | undefined> {
  const { name, title, help } = provider;
  const offered = ort.listSupportedBackends?.().map((one) => one.name) ?? [];
  if (!offered.includes(name)) {
    const because = `the onnxruntime-node that is installed has no ${title} (it has ${offered.join(', ') || 'none but the processor'})`;
    return { because, help: ['run `dnc engines install onnxruntime`', anotherEngine] };
  }
  provider.prepare?.();
  const value = { type: 'float', shape: [2] } as const;
  const model = {
    name: 'provider',
    inputs: [{ name: 'x', ...value }],
    outputs: [{ name: 'y', ...value }],
    initializers: [],
    nodes: [{ operator: 'Neg', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }],
  };
  const tensor = (data: Float32Array) => new ort.Tensor('float32', data, [2]);
  try {
    const options = { ...provider.session, executionProviders: [provider.options, 'cpu'], logSeverityLevel: 3 };
    const session = await ort.InferenceSession.create(encode(model), options);
    try {
      const { y } = await session.run({ x: tensor(Float32Array.of(1, -2)) }, { y: null });
      if (y?.data[0] === -1 && y.data[1] === 2) return undefined;
      return { because: `${title} computes wrong numbers here`, help: [anotherEngine] };
    } finally {
      await session.release();
    }
  } catch (error) {
    const because = `${title} does not start: ${firstLine(error instanceof Error ? error.message : String(error))}`;
    return { because, help: [help, anotherEngine] };
  }
}

export function firstLine(text: string): string {
  return text.split('\n')[0]!;
}
