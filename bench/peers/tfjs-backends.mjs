// The backends of TensorFlow.js that the bench sets beside dnc.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** The wasm backend, with SIMD; threads where the environment has them. */
export async function loadWasm(tf, require, threads) {
  const wasm = require('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(`${path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/dist/`);
  wasm.setThreadsCount(threads);
  await tf.setBackend('wasm');
  await tf.ready();
  const version = wasm.version_wasm;
  return {
    versions: { 'tfjs-wasm': version },
    describe: `TensorFlow.js ${version} with optimizer.minimize, wasm, ${wasm.getThreadsCount()} ${wasm.getThreadsCount() === 1 ? 'thread' : 'threads'}`,
  };
}

/** tfjs-node's backend with the binding that `dnc engines install native` built: the package's own is built for a TensorFlow of 2022 and is seldom there. */
export async function loadNative(tf, require, threads) {
  const folder = path.resolve(process.env.DNC_CACHE ?? '.', 'engines/native');
  const binding = path.join(folder, 'tfjs_binding.node');
  if (!process.env.DNC_CACHE || !existsSync(binding))
    return { because: 'there is no binding to TensorFlow: `npm run test:native` builds it' };
  process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  process.env.TF_NUM_INTEROP_THREADS = '1';
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const names = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];
  const places = [require, createRequire(path.join(folder, 'package.json'))];
  const found = places.flatMap((from) =>
    names.flatMap((name) => {
      try {
        return [{ from: createRequire(from.resolve(`${name}/package.json`)), name }];
      } catch {
        return [];
      }
    }),
  )[0];
  if (!found) return { because: 'the JavaScript of tfjs-node is not there' };
  // Functions that the package calls and Node 23 removed.
  const util = found.from('node:util');
  util.isArray ??= Array.isArray;
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  found.from('./dist/register_all_kernels.js');
  const { NodeJSKernelBackend } = found.from('./dist/nodejs_kernel_backend.js');
  const native = found.from(binding);
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(native, found.name), 3);
  await tf.setBackend('tensorflow');
  const { version } = JSON.parse(readFileSync(found.from.resolve('./package.json'), 'utf8'));
  return {
    versions: { 'tfjs-node': `${version} on TensorFlow ${native.TF_Version}` },
    describe: `TensorFlow.js for Node ${version} with optimizer.minimize, TensorFlow ${native.TF_Version}, ${threads} threads`,
  };
}
