import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import type { Readiness } from '../engine.js';

export type Tf = typeof import('@tensorflow/tfjs-core');
export type Tensor = import('@tensorflow/tfjs-core').Tensor;
export type TensorInfo = import('@tensorflow/tfjs-core').TensorInfo;
export type Backend = 'wasm' | 'cpu';

const require = createRequire(import.meta.url);

/** Are the packages there? Loads nothing. */
export function probeTfjs(backend: Backend): Readiness {
  const name = `@tensorflow/tfjs-backend-${backend}`;
  try {
    require.resolve('@tensorflow/tfjs-core/package.json');
    const { version } = require(`${name}/package.json`) as { readonly version: string };
    if (backend === 'wasm' && !existsSync(join(wasmFolder(), 'tfjs-backend-wasm-simd.wasm'))) {
      return { ready: false, because: `${name} lacks its .wasm files`, help: 'run `npm install` again' };
    }
    return { ready: true, version };
  } catch {
    return { ready: false, because: `the package ${name} is not installed`, help: `npm install ${name}` };
  }
}

function wasmFolder(): string {
  return join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist');
}

const loading = new Map<Backend, Promise<Tf>>();

/** tfjs-core with one backend registered. tfjs itself is global: what is loaded twice is loaded once. */
export function loadTfjs(backend: Backend): Promise<Tf> {
  let tf = loading.get(backend);
  if (!tf) loading.set(backend, (tf = load(backend)));
  return tf;
}

async function load(backend: Backend): Promise<Tf> {
  const tf = await loadCore();
  if (backend === 'wasm') {
    const wasm = unwrap<{ setWasmPaths(prefix: string): void }>(await import('@tensorflow/tfjs-backend-wasm'));
    wasm.setWasmPaths(wasmFolder() + sep);
  } else {
    await import('@tensorflow/tfjs-backend-cpu');
  }
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs could not start its backend ${backend}`);
  return tf;
}

/** tfjs-core alone, in production mode: no banner about faster packages on the console, no checks of every op's arguments. */
export async function loadCore(): Promise<Tf> {
  const tf = unwrap<Tf>(await import('@tensorflow/tfjs-core'));
  tf.enableProdMode();
  return tf;
}

/** Node gives a CommonJS bundle as the default export; a bundler may give the names themselves. */
function unwrap<T>(module: unknown): T {
  return (module as { default?: T }).default ?? (module as T);
}
