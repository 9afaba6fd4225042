import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { loadCore, type TensorInfo, type Tf } from '../tfjs/library.js';
import { findPackages, type Packages } from './packages.js';
import { type Adapter, versionOf } from './probe.js';
import { replaceKernels } from './replaced.js';

/** The name under which the package's kernels are registered with tfjs. */
export const BACKEND = 'webgpu';

// The parts of WebGPU, and of tfjs' backend, that dnc uses. Written here since the packages are optional and their types may be absent.

type Limits = Readonly<Record<string, number>>;

interface GpuAdapter {
  readonly info: Adapter;
  readonly limits: Limits;
  requestDevice(wanted: { readonly requiredLimits: Limits }): Promise<Device>;
}

export type ErrorFilter = 'validation' | 'out-of-memory' | 'internal';

export interface Device {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  pushErrorScope(filter: ErrorFilter): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
  destroy(): void;
}

interface Dawn {
  requestAdapter(options: object): Promise<GpuAdapter | null>;
}

interface DawnPackage {
  create(flags: readonly string[]): Dawn;
  readonly globals: object;
}

/** A kernel in WGSL, as the backend compiles it. */
export interface ShaderProgram {
  readonly variableNames: readonly string[];
  readonly outputShape: readonly number[];
  readonly workgroupSize: readonly [number, number, number];
  readonly dispatchLayout: { readonly x: readonly number[] };
  readonly dispatch: readonly [number, number, number];
  /** What tells this code from other code. */
  readonly shaderKey: string;
  readonly size: true;
  getUserCode(): string;
}

interface Buffer {
  destroy(): void;
}

export interface WebgpuBackend {
  readonly bufferManager: { readonly freeBuffers: ReadonlyMap<string, Buffer[]> };
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  runWebGPUProgram(program: ShaderProgram, inputs: readonly TensorInfo[], dtype: 'float32' | 'int32'): TensorInfo;
}

interface BackendPackage {
  readonly WebGPUBackend: new (device: Device, info: Adapter) => WebgpuBackend;
}

export interface Started {
  readonly tf: Tf;
  readonly backend: WebgpuBackend;
  readonly device: Device;
  readonly adapter: Adapter;
  /** Why there is no device any more; undefined while there is. */
  lost(): string | undefined;
  /** Of both packages: "4.22.0, Dawn 0.6.2". */
  readonly version: string;
}

let started: Promise<Started> | undefined;

/** Held here: its devices do not hold it, and the process ends when it is collected while one of them works. */
let dawn: Dawn | undefined;

/**
 * tfjs-core with a graphics device registered as its backend. A process has one device, which goes when the process ends. Where it could not be had it is asked for anew.
 *
 * @throws Error where a package is missing or no driver offers a device
 */
export function startDevice(): Promise<Started> {
  started ??= start().catch((error: unknown) => {
    started = undefined;
    throw error;
  });
  return started;
}

async function start(): Promise<Started> {
  const packages = findPackages();
  if ('because' in packages) throw new Error(packages.because);
  const { device, adapter } = await openDevice(packages);
  const tf = await loadCore();
  const require = createRequire(import.meta.url);
  const { WebGPUBackend } = require(packages.backend.file) as BackendPackage;
  // Every op on the device, whatever its size and wherever its inputs are: what is computed does not depend on what was read before.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  const backend = withNavigator(() => new WebGPUBackend(device, adapter));
  tf.registerBackend(BACKEND, () => backend as unknown as ReturnType<Parameters<Tf['registerBackend']>[1]>);
  if (!(await tf.setBackend(BACKEND))) throw new Error('tfjs could not start its backend webgpu');
  replaceKernels(tf, BACKEND);
  let lost: string | undefined;
  void device.lost.then(({ message }) => {
    lost = `it was lost${message ? ` (${message})` : ''}`;
  });
  return { tf, backend, device, adapter, lost: () => lost, version: versionOf(packages) };
}

/** Gives the memory back that tfjs keeps for tensors of the sizes that there were. */
export function giveMemoryBack({ backend }: Started): void {
  // What is not in use any more is so for tfjs once the work that reads it is handed over.
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
  for (const buffers of backend.bufferManager.freeBuffers.values()) {
    for (const one of buffers.splice(0)) one.destroy();
  }
}

/** What tfjs asks of a device: the largest buffers and workgroups that there are. */
const limits = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
];

async function openDevice(packages: Packages): Promise<{ readonly device: Device; readonly adapter: Adapter }> {
  const { create, globals } = (await import(pathToFileURL(packages.dawn.file).href)) as DawnPackage;
  // tfjs takes GPUBuffer, GPUBufferUsage and the like from there, as a browser has them.
  Object.assign(globalThis, globals);
  dawn ??= create([]);
  const adapter = await dawn.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('no graphics driver offers a device to WebGPU');
  const wanted = limits.map((name) => [name, adapter.limits[name]!]);
  const device = await adapter.requestDevice({ requiredLimits: Object.fromEntries(wanted) });
  // A driver may not like to be unloaded under a device that is at work.
  process.once('exit', () => device.destroy());
  return { device, adapter: adapter.info };
}

/** tfjs asks a browser's `navigator` whether there is WebGPU, and nothing else of it. What is global otherwise stays. */
function withNavigator<T>(make: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: {} }, configurable: true });
  try {
    return make();
  } finally {
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else Reflect.deleteProperty(globalThis, 'navigator');
  }
}
