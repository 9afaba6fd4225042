import { conform } from './conformance.js';

await conform({ engine: 'onnxruntime', title: 'onnxruntime', options: { threads: 2 } });
await conform({
  engine: 'onnxruntime',
  title: 'onnxruntime, update in ONNX',
  options: { threads: 2, updatePass: false },
});
await conform({ engine: 'tfjs-wasm', title: 'tfjs-wasm', options: { threads: 2 } });
await conform({ engine: 'tfjs-cpu', title: 'tfjs-cpu', options: { threads: 1 } });
