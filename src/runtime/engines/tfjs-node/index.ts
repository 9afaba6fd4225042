import { fail } from '../../../diagnostics/report.js';
import type { Engine } from '../engine.js';
import { processorFeatures } from '../processor.js';
import { LoadedTfjs } from '../tfjs/engine.js';
import { kernels } from '../tfjs/kernels.js';
import { images } from './images.js';
import { BACKEND, loadNative, probeNative } from './library.js';
import type { Device } from './places.js';

/** TensorFlow itself, called op by op through the packages of TensorFlow.js for Node. */
function nativeEngine(keyword: string, device: Device, summary: string): Engine {
  return {
    keyword,
    summary,
    probe: async () => probeNative(device),
    async load(programs, { threads }) {
      const readiness = probeNative(device);
      if (!readiness.ready) {
        fail('engine-not-ready', { engine: keyword, because: readiness.because }, { help: [readiness.help] });
      }
      const native = await loadNative(device, threads).catch((error: Error) =>
        fail('engine-not-ready', { engine: keyword, because: error.message }),
      );
      const features = [processorFeatures(), native.features].filter((one) => one !== '').join('; ');
      const record = { engine: keyword, version: native.version, threads: native.threads, features };
      return new LoadedTfjs(native.tf, BACKEND, programs, record, { ...kernels, ...images });
    },
  };
}

export const tfjsNode = nativeEngine('tfjs-node', 'cpu', 'TensorFlow itself on the processor, op by op');

export const tfjsNodeGpu = nativeEngine(
  'tfjs-node-gpu',
  'gpu',
  'TensorFlow itself on an NVIDIA graphics card, op by op',
);
