import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Readiness } from '../engine.js';
import { graphicsCards, lacksNvidia } from '../nvidia.js';
import { loadCore, type Tf } from '../tfjs/library.js';
import {
  BINDING,
  type Binding,
  type Device,
  findPackage,
  nativeFolder,
  ownBinding,
  packageOf,
  readManifest,
} from './places.js';

/** The name under which the package's kernels are registered with tfjs. */
export const BACKEND = 'tensorflow';

const build = 'run `dnc engines install native`';

/** Is there a binding for this device, and what it needs? Loads nothing. */
export function probeNative(device: Device): Readiness {
  const found = findBinding(device);
  if ('because' in found) return { ready: false, ...found };
  const lacking = device === 'gpu' ? lacksNvidia() : undefined;
  if (lacking) return lacking;
  const tensorflow = device === 'cpu' ? readManifest()?.tensorflow : undefined;
  const { version } = found.package;
  return { ready: true, version: tensorflow === undefined ? version : `${version}, TensorFlow ${tensorflow}` };
}

/** The binding that dnc built, else the one that the package brought; or why there is none, and what would help. */
function findBinding(device: Device): Binding | { readonly because: string; readonly help: string } {
  const manifest = device === 'cpu' ? readManifest() : undefined;
  if (manifest) {
    const found = findPackage(nativeFolder());
    if (found?.version === manifest.package) return { file: join(nativeFolder(), BINDING), package: found };
    const now = found ? `${found.version} is here now` : 'which is gone';
    return { because: `the binding was built for TensorFlow.js ${manifest.package}, and ${now}`, help: build };
  }
  const own = ownBinding(device);
  if (own) return own;
  const name = packageOf[device];
  const fetch = `\`npm install --foreground-scripts ${name}\`, whose script fetches one`;
  return device === 'cpu'
    ? { because: `neither dnc nor the package ${name} has a binding to TensorFlow here`, help: `${build}, or ${fetch}` }
    : { because: `the package ${name} has no binding to TensorFlow here`, help: `run ${fetch}` };
}

export interface Native {
  readonly tf: Tf;
  /** Of the package and of TensorFlow: "4.22.0, TensorFlow 2.21.0". */
  readonly version: string;
  /** Those that TensorFlow was started with. */
  readonly threads: number;
  /** What else decides the bits: the graphics card, the choice of kernels. */
  readonly features: string;
}

interface NativeBinding {
  readonly TF_Version: string;
}
interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
}

/** TensorFlow reads its threads once, and a process holds one TensorFlow. */
let started: { readonly device: Device; readonly native: Promise<Native> } | undefined;

/**
 * tfjs-core with native TensorFlow registered as its backend. A process has one TensorFlow, with the threads that it was started with.
 *
 * @throws Error where the binding does not fit the system, where the process holds TensorFlow for another device, or where TensorFlow finds no GPU
 */
export function loadNative(device: Device, threads: number): Promise<Native> {
  started ??= { device, native: start(device, threads) };
  if (started.device !== device) {
    return Promise.reject(new Error(`this process holds TensorFlow as ${packageOf[started.device]} brings it already`));
  }
  return started.native;
}

async function start(device: Device, threads: number): Promise<Native> {
  const binding = findBinding(device);
  if ('because' in binding) throw new Error(binding.because);
  const { tf: loaded, version } = loadPackage(binding, device, threads);
  const tf = await loadCore();
  tf.registerBackend(BACKEND, loaded as Parameters<Tf['registerBackend']>[1]);
  if (!(await tf.setBackend(BACKEND))) throw new Error('TensorFlow could not be started');
  const { isUsingGpuDevice } = tf.backend() as unknown as NativeBackend;
  if (device === 'gpu' && !isUsingGpuDevice) {
    throw new Error(
      'TensorFlow finds no GPU: most often a library of CUDA is missing, or of another version than it was built for',
    );
  }
  const plain = process.env.TF_ENABLE_ONEDNN_OPTS === '0' ? ['without oneDNN'] : [];
  const features = [...(device === 'gpu' ? graphicsCards() : []), ...plain].join('; ');
  return { tf, version: `${binding.package.version}, TensorFlow ${version}`, threads, features };
}

/** The package's backend, and the version of TensorFlow that its binding found. */
function loadPackage(
  binding: Binding,
  device: Device,
  threads: number,
): { readonly tf: () => unknown; readonly version: string } {
  setEnvironment(threads);
  const fromPackage = createRequire(join(binding.package.folder, 'package.json'));
  restoreUtilities(fromPackage('node:util') as Record<string, unknown>);
  // The package's main file looks for the binding in the package's own folder alone, and starts it at once.
  fromPackage('./dist/register_all_kernels.js');
  const { NodeJSKernelBackend } = fromPackage('./dist/nodejs_kernel_backend.js') as {
    readonly NodeJSKernelBackend: new (binding: NativeBinding, name: string) => unknown;
  };
  const native = fromPackage(binding.file) as NativeBinding;
  return { tf: () => new NodeJSKernelBackend(native, packageOf[device]), version: native.TF_Version };
}

/** What TensorFlow takes from the environment when it is loaded, and nowhere else. */
function setEnvironment(threads: number): void {
  process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  process.env.TF_NUM_INTEROP_THREADS = '1';
  // The same bits from the same program: sums in a fixed order.
  process.env.TF_DETERMINISTIC_OPS = '1';
  // Products in float32 and not in 19 bits of it.
  process.env.NVIDIA_TF32_OVERRIDE = '0';
  // Errors alone: its notes on the processor are no messages of dnc's.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
}

/** The package calls functions of node:util that Node 23 removed, and that Node 22 warns of. */
function restoreUtilities(util: Record<string, unknown>): void {
  util.isArray = Array.isArray;
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
}
