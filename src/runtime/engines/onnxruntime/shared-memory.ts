import { createRequire } from 'node:module';

/**
 * Shared memory as memory of this thread. onnxruntime-node takes no tensor over a SharedArrayBuffer, so what threads share is copied to a session and back, unless
 * the optional package koffi is there: it gives an ordinary ArrayBuffer over the same addresses. The bits are the same either way.
 */
export interface SharedMemory {
  /** Where koffi was found, for other threads. */
  readonly koffi: string;
  /** The same bytes. Whoever uses them must hold on to the shared buffer: this one does not. */
  over(buffer: SharedArrayBuffer): ArrayBuffer;
  /** Where the numbers lie, so that another thread can read them. Whoever tells it must hold on to the array for as long. */
  placeOf(data: Numbers): Place;
}

type Numbers = Float32Array | Int32Array;

/** Memory of this process. */
export interface Place {
  readonly address: bigint;
  readonly bytes: number;
}

interface Koffi {
  address(of: Uint8Array): bigint;
  view(address: bigint, length: number): ArrayBuffer;
}

let tried: { readonly found: SharedMemory | undefined } | undefined;

/** undefined where koffi is not installed or does not do it. */
export function trySharedMemory(): SharedMemory | undefined {
  tried ??= { found: tryOnce() };
  return tried.found;
}

function tryOnce(): SharedMemory | undefined {
  const require = createRequire(import.meta.url);
  const known = new WeakMap<SharedArrayBuffer, ArrayBuffer>();
  try {
    const file = require.resolve('koffi');
    const koffi = require(file) as Koffi;
    const over = (buffer: SharedArrayBuffer): ArrayBuffer => {
      let view = known.get(buffer);
      if (!view) known.set(buffer, (view = koffi.view(koffi.address(new Uint8Array(buffer)), buffer.byteLength)));
      return view;
    };
    // A small array lies among the objects that a garbage collection moves, until its buffer is asked for.
    const placeOf = ({ buffer, byteOffset, byteLength: bytes }: Numbers): Place => ({
      address: koffi.address(new Uint8Array(buffer, byteOffset, bytes)),
      bytes,
    });
    const shared = new SharedArrayBuffer(8);
    const view = over(shared);
    new Int32Array(shared)[1] = 17;
    const works = view instanceof ArrayBuffer && view.byteLength === 8 && new Int32Array(view)[1] === 17;
    return works ? { koffi: file, over, placeOf } : undefined;
  } catch {
    return undefined;
  }
}

/** Is the array over memory that threads share? */
export function isShared(data: { readonly buffer: ArrayBufferLike }): boolean {
  return data.buffer instanceof SharedArrayBuffer;
}
