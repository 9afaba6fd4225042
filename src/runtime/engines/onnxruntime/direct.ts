import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { encode } from '../../../onnx/model.js';
import type { OrtData, OrtTensor, OrtType } from './library.js';
import { UNREADABLE, withUnreadableOutput } from './in-place.js';

/**
 * onnxruntime-node's native session, as its JavaScript calls it: at once, on this thread. The package's own `run` waits for the event loop to come around and makes
 * tensors of the results, which takes a tenth of a small step; and where two threads run a step together, each must know when it begins.
 */
export interface NativeSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: Readonly<Record<string, unknown>>): void;
  run(feeds: Readonly<Record<string, OrtTensor>>, fetches: Readonly<Record<string, OrtTensor | null>>): unknown;
  dispose(): void;
}

interface Native {
  readonly binding: { readonly InferenceSession: new () => NativeSession };
  initOrt(): void;
}

/** How native sessions are made in the version that is installed. */
export interface Direct {
  /** The package's file that loads its binary: what another thread loads, too. */
  readonly native: string;
  create(model: Uint8Array, options: Readonly<Record<string, unknown>>): NativeSession;
  /** The error that ends a run that went well where the first output is the empty sequence (in-place.ts); undefined where there is none. */
  readonly expected: string | undefined;
}

/** A tensor as the native session reads it. Those of the package itself answer by getters, which takes it longer. */
export function directTensor(type: OrtType, data: OrtData, dims: readonly number[]): OrtTensor {
  return { type, data, dims, location: 'cpu' };
}

let tried: { readonly found: Direct | undefined } | undefined;

/** undefined where the installed version is built in another way: then its own `run` is used. */
export function tryDirect(main: string): Direct | undefined {
  tried ??= { found: tryOnce(main) };
  return tried.found;
}

function tryOnce(main: string): Direct | undefined {
  const native = join(dirname(main), 'binding.js');
  const create: Direct['create'] = (model, options) => {
    const { binding, initOrt } = createRequire(main)(native) as Native;
    initOrt();
    const session = new binding.InferenceSession();
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, options);
    return session;
  };
  const value = { type: 'float', shape: [2] } as const;
  const nodes = [{ operator: 'Neg', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }];
  const model = {
    name: 'direct',
    inputs: [{ name: 'x', ...value }],
    outputs: [{ name: 'y', ...value }],
    initializers: [],
    nodes,
  };
  const written = new Float32Array(2);
  const tensor = (data: Float32Array) => directTensor('float32', data, [2]);
  let session: NativeSession | undefined;
  try {
    session = create(encode(withUnreadableOutput(model)), {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
    });
  } catch {
    return undefined;
  }
  try {
    let expected: string | undefined;
    try {
      session.run({ x: tensor(Float32Array.of(1, -2)) }, { [UNREADABLE]: null, y: tensor(written) });
    } catch (error) {
      expected = String((error as Error).message);
    }
    return written[0] === -1 && written[1] === 2 ? { native, create, expected } : undefined;
  } finally {
    session.dispose();
  }
}
