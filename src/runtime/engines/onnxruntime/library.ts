import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Readiness } from '../engine.js';
import { engineCacheFolder } from '../cache.js';

/** The version that dnc is tested with, and installs. */
export const ONNXRUNTIME_VERSION = '1.30.0';

/** The part of onnxruntime-node that dnc uses. Written here since the package is optional and its types may be absent. */
export interface Ort {
  readonly Tensor: new (type: OrtType, data: OrtData, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<OrtSession>;
  };
  /** The execution providers that the binding was built with; files of their own may still be missing. */
  listSupportedBackends?(): readonly { readonly name: string; readonly bundled: boolean }[];
}
export type OrtType = 'float32' | 'int32' | 'bool';
export type OrtData = Float32Array | Int32Array | Uint8Array;
export interface OrtTensor {
  readonly type: OrtType;
  readonly data: OrtData;
  readonly dims: readonly number[];
  readonly location: 'cpu';
}
export interface OrtSession {
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: Readonly<Record<string, OrtTensor | null>>,
  ): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

const help = 'run `dnc engines install onnxruntime`, or `npm install onnxruntime-node`';

/** Beside dnc first, then where `dnc engines install` puts it. */
function findPackage(): string | undefined {
  for (const from of [import.meta.url, pathToFileURL(join(engineCacheFolder(), 'package.json')).href]) {
    try {
      return createRequire(from).resolve('onnxruntime-node/package.json');
    } catch {
      // Not here: the next place, or none.
    }
  }
  return undefined;
}

/** Is the package there, with the binary of this platform? Loads nothing. */
export function probeLibrary(): Readiness {
  const file = findPackage();
  if (file === undefined) return { ready: false, because: 'the package onnxruntime-node is not installed', help };
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  const platform = join(process.platform, process.arch);
  if (!existsSync(join(dirname(file), 'bin', 'napi-v6', platform, 'onnxruntime_binding.node'))) {
    const because = `onnxruntime-node ${version} has no binary for ${process.platform} on ${process.arch}`;
    return { ready: false, because, help: 'use `--engine tfjs-wasm`' };
  }
  if (process.platform === 'linux' && !usesGlibc()) {
    const because = 'onnxruntime-node is built for glibc, and this system has another C library';
    return { ready: false, because, help: 'use `--engine tfjs-wasm`' };
  }
  return { ready: true, version };
}

/** The folder of the package's binaries for this platform; undefined where the package is not there. */
export function binaryFolder(): string | undefined {
  const file = findPackage();
  return file === undefined ? undefined : join(dirname(file), 'bin', 'napi-v6', process.platform, process.arch);
}

let glibc: boolean | undefined;

function usesGlibc(): boolean {
  if (glibc !== undefined) return glibc;
  // The network part of the report may look up host names and take seconds.
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  const before = report.excludeNetwork;
  report.excludeNetwork = true;
  const { header } = report.getReport() as unknown as { readonly header: { readonly glibcVersionRuntime?: string } };
  if (before !== undefined) report.excludeNetwork = before;
  glibc = header.glibcVersionRuntime !== undefined;
  return glibc;
}

/** The package's main file. */
export function libraryFile(): string {
  const file = findPackage();
  if (file === undefined) throw new Error('the package onnxruntime-node is not installed');
  return createRequire(file).resolve(dirname(file));
}

/** Loads the native library. @throws Error with the loader's message where the binary does not fit the system. */
export async function loadLibrary(): Promise<Ort> {
  const library = (await import(pathToFileURL(libraryFile()).href)) as { readonly default?: Ort } & Ort;
  return library.default ?? library;
}
