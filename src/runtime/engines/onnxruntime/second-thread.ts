import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { WasmMemory, WasmModule } from './update-pass/webassembly.js';

/** A tensor of the second thread: numbers of a buffer that threads share. */
export interface SharedTensor {
  readonly name: string;
  readonly type: 'float32' | 'int32';
  /** Its place in `Work.buffers`. */
  readonly buffer: number;
  readonly offset: number;
  /** The extents; the first of them is the number of rows where `rows` says so. */
  readonly shape: readonly number[];
  readonly rows: boolean;
}

/** What the second thread runs: one program on some of the rows, and its part of the update. */
export interface Work {
  readonly model: Uint8Array;
  readonly options: Readonly<Record<string, unknown>>;
  readonly memory: WasmMemory;
  readonly code: WasmModule;
  readonly part: string;
  readonly imports: readonly string[];
  readonly buffers: readonly SharedArrayBuffer[];
  readonly feeds: readonly SharedTensor[];
  readonly fetches: readonly SharedTensor[];
  /** The name of the output that cannot be handed over, and the error that ends a good run. */
  readonly unreadable: { readonly name: string; readonly error: string } | undefined;
}

interface Libraries {
  readonly main: string;
  readonly native: string;
  readonly koffi: string | undefined;
}

/** What to run from now on; undefined: nothing. */
interface Message {
  readonly work: Work | undefined;
}

/** Places in the numbers by which the threads know of each other; what both write is on lines of its own. */
const places = {
  /** How often the second thread was called. */
  calls: 0,
  /** The last call that it has ended. */
  ended: 16,
  /** It sleeps, and must be woken. */
  sleeps: 32,
  /** Rows of its part of the batch; −1: there is a message. */
  rows: 48,
  /** The last run failed. */
  failed: 49,
} as const;

/** How often the second thread asks for the next step before it sleeps: some 0.3 ms, longer than what lies between two steps, so that it is awake. */
const SPINS = 150_000;

/**
 * A second thread of JavaScript that runs a part of every step. It lives as long as the process, which it does not keep alive, and is lent to one user after the
 * other: a worker takes tens of milliseconds to start.
 */
export class SecondThread {
  private static readonly idle: SecondThread[] = [];

  private readonly control = new Int32Array(new SharedArrayBuffer(256));
  private readonly port: MessagePort;

  private constructor(libraries: Libraries) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    // Compiled from its own text: a file for it would have to be found from the sources as from any bundle.
    const worker = new Worker(`(${secondThread})(require)`, {
      eval: true,
      execArgv: [],
      workerData: { control: this.control, places, port: port2, libraries, spins: SPINS },
      transferList: [port2],
    });
    worker.unref();
    port1.unref();
  }

  static take(libraries: Libraries): SecondThread {
    return SecondThread.idle.pop() ?? new SecondThread(libraries);
  }

  /** For the next one who takes a thread. */
  giveBack(): void {
    this.tell({ work: undefined });
    SecondThread.idle.push(this);
  }

  /** Loads what it runs from now on. @throws Error with what went wrong there. */
  load(work: Work): void {
    this.tell({ work });
  }

  /** Begins a step with so many rows. The parts of the update wait for each other, so that after the first one's end this one is at its end, too. */
  begin(rows: number): void {
    this.call(rows);
  }

  /** After both parts of the update. @throws Error where this part of the batch could not be run. */
  check(): void {
    if (Atomics.load(this.control, places.failed) !== 0) this.wait();
  }

  private tell(message: Message): void {
    this.port.postMessage(message);
    this.call(-1);
    this.wait();
  }

  private call(rows: number): void {
    const { control } = this;
    // The one before must have ended: it has but for a few instructions.
    this.pause();
    Atomics.store(control, places.rows, rows);
    Atomics.add(control, places.calls, 1);
    if (Atomics.load(control, places.sleeps) !== 0) Atomics.notify(control, places.calls);
  }

  private pause(): void {
    const { control } = this;
    const calls = Atomics.load(control, places.calls);
    for (;;) {
      const ended = Atomics.load(control, places.ended);
      if (ended === calls) return;
      Atomics.wait(control, places.ended, ended);
    }
  }

  private wait(): void {
    this.pause();
    const answer = receiveMessageOnPort(this.port) as { readonly message: { readonly error?: string } } | undefined;
    Atomics.store(this.control, places.failed, 0);
    if (answer?.message.error !== undefined) throw new Error(answer.message.error);
  }
}

/** The second thread, whole. It is compiled from its text in another thread, so it names nothing from outside but what it is given. */
function secondThread(require: (name: string) => unknown): void {
  const threads = require('node:worker_threads') as typeof import('node:worker_threads');
  const given = threads.workerData as {
    readonly control: Int32Array;
    readonly places: typeof places;
    readonly port: MessagePort;
    readonly libraries: Libraries;
    readonly spins: number;
  };
  const { control, places: at, port, libraries, spins } = given;

  type Numbers = Float32Array | Int32Array;
  interface Tensor {
    readonly data: Numbers;
  }
  interface Session {
    loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void;
    run(feeds: object, fetches: object, options: object): void;
    dispose(): void;
  }
  interface Loaded {
    readonly work: Work;
    readonly session: Session;
    readonly update: () => void;
    /** The tensors for so many rows, and what must be copied for them. */
    readonly bound: Map<number, Bound>;
  }
  interface Bound {
    readonly feeds: Record<string, Tensor | null>;
    readonly fetches: Record<string, Tensor | null>;
    readonly into: [Numbers, Numbers][];
    readonly outOf: [Numbers, Numbers][];
  }

  let loaded: Loaded | undefined;
  let ort: { readonly Tensor: new (type: string, data: Numbers, shape: readonly number[]) => Tensor };
  let newSession: () => Session;
  let viewOf: ((buffer: SharedArrayBuffer) => ArrayBuffer) | undefined;

  const start = () => {
    if (newSession !== undefined) return;
    ort = require(libraries.main) as typeof ort;
    const { binding, initOrt } = require(libraries.native) as {
      readonly binding: { readonly InferenceSession: new () => Session };
      initOrt(): void;
    };
    initOrt();
    newSession = () => new binding.InferenceSession();
    if (libraries.koffi === undefined) return;
    const koffi = require(libraries.koffi) as {
      address(of: Uint8Array): bigint;
      view(address: bigint, length: number): ArrayBuffer;
    };
    viewOf = (buffer) => koffi.view(koffi.address(new Uint8Array(buffer)), buffer.byteLength);
  };

  const load = (work: Work): Loaded => {
    const session = newSession();
    const { model } = work;
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, work.options);
    const { WebAssembly: wasm } = globalThis as unknown as {
      readonly WebAssembly: {
        readonly Instance: new (code: object, imports: object) => { readonly exports: Record<string, () => void> };
      };
    };
    // What calls a function of the host is left to the first thread.
    const never = () => {
      throw new Error('the second thread has no functions of the host');
    };
    const host = { memory: work.memory, ...Object.fromEntries(work.imports.map((name) => [name, never])) };
    const { exports } = new wasm.Instance(work.code, { host });
    return { work, session, update: exports[work.part]!, bound: new Map() };
  };

  const bind = ({ work }: Loaded, rows: number): Bound => {
    const bound: Bound = { feeds: {}, fetches: {}, into: [], outOf: [] };
    const views = viewOf && work.buffers.map(viewOf);
    const make = (one: SharedTensor, copies: [Numbers, Numbers][]): Tensor => {
      const shape = one.rows ? [rows, ...one.shape.slice(1)] : one.shape;
      const length = shape.reduce((size, extent) => size * extent, 1);
      const Kind = one.type === 'float32' ? Float32Array : Int32Array;
      const shared = new Kind(work.buffers[one.buffer] as never, one.offset, length);
      const own = views ? new Kind(views[one.buffer] as never, one.offset, length) : new Kind(length);
      if (!views) copies.push([own, shared]);
      return new ort.Tensor(one.type, own, shape);
    };
    if (work.unreadable) bound.fetches[work.unreadable.name] = null;
    for (const one of work.feeds) bound.feeds[one.name] = make(one, bound.into);
    for (const one of work.fetches) bound.fetches[one.name] = make(one, bound.outOf);
    return bound;
  };

  const runRows = (on: Loaded, rows: number) => {
    if (rows === 0) {
      // Nothing adds nothing.
      for (const { buffer, offset, shape } of on.work.fetches)
        new Int32Array(
          on.work.buffers[buffer]!,
          offset,
          shape.reduce((size, extent) => size * extent, 1),
        ).fill(0);
      return;
    }
    let bound = on.bound.get(rows);
    if (!bound) on.bound.set(rows, (bound = bind(on, rows)));
    for (const [own, shared] of bound.into) own.set(shared);
    try {
      on.session.run(bound.feeds, bound.fetches, {});
    } catch (error) {
      if (!on.work.unreadable || (error as Error).message !== on.work.unreadable.error) throw error;
    }
    for (const [own, shared] of bound.outOf) shared.set(own);
  };

  const answer = (error?: unknown) => {
    const text = error === undefined ? undefined : error instanceof Error ? error.message : String(error);
    port.postMessage(text === undefined ? {} : { error: text });
  };

  const follow = () => {
    try {
      const message = threads.receiveMessageOnPort(port)!.message as Message;
      start();
      loaded?.session.dispose();
      loaded = undefined;
      if (message.work) loaded = load(message.work);
      answer();
    } catch (error) {
      answer(error);
    }
  };

  for (let done = 0; ; ) {
    // Asks for a while, then sleeps.
    let left = spins;
    while (Atomics.load(control, at.calls) === done) {
      if (left-- > 0) continue;
      Atomics.store(control, at.sleeps, 1);
      Atomics.wait(control, at.calls, done);
      Atomics.store(control, at.sleeps, 0);
    }
    done = (done + 1) | 0;
    const rows = Atomics.load(control, at.rows);
    if (rows < 0) follow();
    else {
      try {
        runRows(loaded!, rows);
      } catch (error) {
        answer(error);
        Atomics.store(control, at.failed, 1);
      }
      // Also after an error: the first thread waits for this part.
      loaded!.update();
    }
    Atomics.store(control, at.ended, done);
    Atomics.notify(control, at.ended);
  }
}
