import { tfjsEngine } from './engine.js';

export const tfjsWasm = tfjsEngine('tfjs-wasm', 'wasm', 'TensorFlow.js with its WebAssembly backend, one thread');

export const tfjsCpu = tfjsEngine('tfjs-cpu', 'cpu', 'TensorFlow.js in plain JavaScript: slow, and runs everywhere');
