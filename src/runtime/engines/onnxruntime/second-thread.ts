import { setImmediate as turn } from 'node:timers/promises';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { gatherRows } from '../../../data/picked-rows.js';
import { fail } from '../../../diagnostics/report.js';
import type { OrtData, OrtTensor } from './library.js';
import type { Place } from './shared-memory.js';
import type { WasmMemory, WasmModule } from '../../../wasm/webassembly.js';

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
  /** The functions that are its part of the update, one for each phase. */
  readonly phases: readonly string[];
  readonly imports: readonly string[];
  readonly buffers: readonly SharedArrayBuffer[];
  readonly feeds: readonly SharedTensor[];
  readonly fetches: readonly SharedTensor[];
  /** The name of the output that cannot be handed over, and the error that ends a good run. */
  readonly unreadable: { readonly name: string; readonly error: string } | undefined;
}

/** A table of which every batch has some rows (PickedRows), in memory of the first thread. */
export interface Table {
  /** The input that reads them. */
  readonly name: string;
  readonly width: number;
  readonly numbers: Place;
  readonly places: Place;
}

interface Libraries {
  readonly native: string;
  readonly koffi: string | undefined;
}

/** What to run from now on, undefined: nothing; or from which tables to read its rows: those that the message before told of are gone. */
type Message = { readonly work: Work | undefined } | { readonly tables: readonly Table[] };

/** Places in the numbers by which the threads know of each other; what is written often is on lines of its own. */
const places = {
  /** How often the first thread has said that it is where the other one may wait for it, and the second. */
  first: 0,
  second: 16,
  /** It sleeps, and must be woken. */
  firstSleeps: 32,
  secondSleeps: 48,
  /** Rows of the second thread's part of the batch; −1: there is a message. */
  rows: 64,
  /** Rows of the first thread's part. */
  before: 65,
  /** Its part of the batch could not be run: nobody updates. */
  firstFailed: 66,
  secondFailed: 67,
} as const;

/**
 * How often a thread asks before it sleeps. Within a step some 50 µs: who sleeps is back only after what the whole update takes, and on a machine that others use,
 * too, the other thread may not run for long. Between two steps some 0.4 ms, longer than what lies between them, so that the second thread is awake.
 */
const SPINS = { within: 6000, between: 50_000 } as const;

/** Milliseconds after which the first thread looks whether the second one is still there. Steps may take longer. */
const PATIENCE = 100;

/**
 * A second thread of JavaScript that runs a part of every step. It does not keep the process alive. It belongs to one engine and ends with it: an idle one would
 * keep the memory of what it ran, since nothing makes it collect its garbage.
 *
 * The two meet by two counters: each thread raises its own when it has come so far, and waits for the other's. The second thread may end at any time (it runs out
 * of memory, or something in it ends it), which the first one hears of only when its event loop turns: so it never waits for longer than `PATIENCE` without a turn.
 */
export class SecondThread {
  private readonly control = new Int32Array(new SharedArrayBuffer(512));
  private readonly port: MessagePort;
  private readonly worker: Worker;
  /** How often the second thread must have come. */
  private wanted = 0;
  /** Why it is no more. */
  private ended: string | undefined;

  constructor(libraries: Libraries) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    // Compiled from its own text: a file for it would have to be found from the sources as from any bundle.
    this.worker = new Worker(`(${secondThread})(require, ${gatherRows})`, {
      eval: true,
      execArgv: [],
      workerData: { control: this.control, places, port: port2, libraries, spins: SPINS },
      transferList: [port2],
    });
    this.worker.on('error', (error: unknown) => {
      this.ended ??= error instanceof Error ? error.message : String(error);
    });
    this.worker.on('exit', (code) => {
      this.ended ??= `exit code ${code}`;
    });
    this.worker.unref();
    port1.unref();
  }

  /** Loads what it runs from now on. @throws Error with what went wrong there. */
  async load(work: Work): Promise<void> {
    await this.tell({ work });
  }

  /** Gathers its rows of these inputs itself from now on, until it loads something else. @throws Error with what went wrong there. */
  async readFrom(tables: readonly Table[]): Promise<void> {
    await this.tell({ tables });
  }

  /** Lets go of what it ran. @throws Error with what went wrong there. */
  async unload(): Promise<void> {
    await this.tell({ work: undefined });
  }

  /** It is there no more when this is done. */
  async end(): Promise<void> {
    await this.worker.terminate();
  }

  /**
   * A step: this thread does `own`, its part of the batch, while the second one runs the rows behind that, then both do the phases of the update, each its part. Where a
   * part of the batch could not be run there is no update.
   *
   * @throws Error with what went wrong, here or there
   */
  async step(
    rows: { readonly first: number; readonly second: number },
    own: () => void,
    phases: readonly (() => void)[],
  ): Promise<void> {
    const { control } = this;
    Atomics.store(control, places.firstFailed, 0);
    Atomics.store(control, places.secondFailed, 0);
    Atomics.store(control, places.rows, rows.second);
    Atomics.store(control, places.before, rows.first);
    this.raise();
    let failed: { readonly error: unknown } | undefined;
    try {
      own();
    } catch (error) {
      failed = { error };
      Atomics.store(control, places.firstFailed, 1);
    }
    this.raise();
    await this.other();
    const there = Atomics.load(control, places.secondFailed) === 0 ? undefined : this.answer();
    if (failed || there) {
      // It has read what the next step writes.
      await this.other();
      throw failed ? failed.error : there;
    }
    for (const [at, phase] of phases.entries()) {
      phase();
      // At its end the second thread waits for the next step.
      if (at < phases.length - 1) this.raise();
      await this.other();
    }
  }

  private async tell(message: Message): Promise<void> {
    this.port.postMessage(message);
    Atomics.store(this.control, places.rows, -1);
    this.raise();
    await this.other();
    const error = this.answer();
    if (error) throw error;
  }

  /** The second thread has said what went wrong, or that nothing did. */
  private answer(): Error | undefined {
    const { message } = receiveMessageOnPort(this.port) as { readonly message: { readonly error?: string } };
    return message.error === undefined ? undefined : new Error(message.error);
  }

  private raise(): void {
    const { control } = this;
    Atomics.add(control, places.first, 1);
    if (Atomics.load(control, places.secondSleeps) !== 0) Atomics.notify(control, places.first);
  }

  /** Waits until the second thread has come once more. It mostly has when this returns: undefined. @throws Diagnostic where it is no more */
  private other(): Promise<void> | undefined {
    this.wanted = (this.wanted + 1) | 0;
    return this.hasCome() ? undefined : this.patiently();
  }

  private async patiently(): Promise<void> {
    do {
      await turn();
      if (this.ended !== undefined && this.missing(this.seen()))
        fail('engine-thread-ended', { engine: 'onnxruntime', because: this.ended });
    } while (!this.hasCome());
  }

  /** Waits for a while. */
  private hasCome(): boolean {
    const { control } = this;
    let seen = this.seen();
    for (let left = SPINS.within; left > 0 && this.missing(seen); left--) seen = this.seen();
    if (!this.missing(seen)) return true;
    Atomics.store(control, places.firstSleeps, 1);
    Atomics.wait(control, places.second, seen, PATIENCE);
    Atomics.store(control, places.firstSleeps, 0);
    return !this.missing(this.seen());
  }

  private seen(): number {
    return Atomics.load(this.control, places.second);
  }

  /** Counters start again below 0 after 2³¹ times. */
  private missing(seen: number): boolean {
    return ((seen - this.wanted) | 0) < 0;
  }
}

/** The second thread, whole. It is compiled from its text in another thread, so it names nothing from outside but what it is given. */
function secondThread(require: (name: string) => unknown, gather: typeof gatherRows): void {
  const threads = require('node:worker_threads') as typeof import('node:worker_threads');
  const given = threads.workerData as {
    readonly control: Int32Array;
    readonly places: typeof places;
    readonly port: MessagePort;
    readonly libraries: Libraries;
    readonly spins: typeof SPINS;
  };
  const { control, places: at, port, libraries, spins } = given;

  type Numbers = Float32Array | Int32Array;
  interface Session {
    loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void;
    run(feeds: object, fetches: object): void;
    dispose(): void;
  }
  interface Loaded {
    readonly work: Work;
    readonly session: Session;
    readonly phases: readonly (() => void)[];
    /** By the input that reads its rows. */
    readonly tables: Map<string, Parameters<typeof gatherRows>[0]>;
    /** The tensors for so many rows, and what must be copied for them. */
    readonly bound: Map<number, Bound>;
  }
  interface Bound {
    readonly feeds: Record<string, OrtTensor>;
    readonly fetches: Record<string, OrtTensor | null>;
    readonly gathered: [Numbers, Parameters<typeof gatherRows>[0]][];
    readonly into: [Numbers, Numbers][];
    readonly outOf: [Numbers, Numbers][];
  }

  let loaded: Loaded | undefined;
  let newSession: () => Session;
  let viewOf: ((buffer: SharedArrayBuffer) => ArrayBuffer) | undefined;
  let viewAt: ((place: Place) => ArrayBuffer) | undefined;

  const start = () => {
    if (newSession !== undefined) return;
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
    viewAt = ({ address, bytes }) => koffi.view(address, bytes);
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
    return { work, session, phases: work.phases.map((name) => exports[name]!), tables: new Map(), bound: new Map() };
  };

  const readFrom = ({ work, tables, bound }: Loaded, told: readonly Table[]) => {
    tables.clear();
    bound.clear();
    for (const { name, width, numbers, places } of told) {
      const { type } = work.feeds.find((one) => one.name === name)!;
      const Kind = type === 'float32' ? Float32Array : Int32Array;
      tables.set(name, { table: new Kind(viewAt!(numbers)), width, places: new Int32Array(viewAt!(places)) });
    }
  };

  const bind = ({ work, tables }: Loaded, rows: number): Bound => {
    const bound: Bound = { feeds: {}, fetches: {}, gathered: [], into: [], outOf: [] };
    const views = viewOf && work.buffers.map(viewOf);
    const make = (one: SharedTensor, copies: [Numbers, Numbers][]): OrtTensor => {
      const dims = one.rows ? [rows, ...one.shape.slice(1)] : one.shape;
      const length = dims.reduce((size, extent) => size * extent, 1);
      const Kind = one.type === 'float32' ? Float32Array : Int32Array;
      const table = tables.get(one.name);
      const data: Numbers =
        views && !table ? new Kind(views[one.buffer] as never, one.offset, length) : new Kind(length);
      if (table) bound.gathered.push([data, table]);
      else if (!views) copies.push([data, new Kind(work.buffers[one.buffer] as never, one.offset, length)]);
      return { type: one.type, data: data as OrtData, dims, location: 'cpu' };
    };
    if (work.unreadable) bound.fetches[work.unreadable.name] = null;
    for (const one of work.feeds) bound.feeds[one.name] = make(one, bound.into);
    for (const one of work.fetches) bound.fetches[one.name] = make(one, bound.outOf);
    return bound;
  };

  const runRows = (on: Loaded, before: number, rows: number) => {
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
    for (const [own, table] of bound.gathered) gather(table, before, rows, own);
    for (const [own, shared] of bound.into) own.set(shared);
    try {
      on.session.run(bound.feeds, bound.fetches);
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
      if ('tables' in message) readFrom(loaded!, message.tables);
      else {
        loaded?.session.dispose();
        loaded = undefined;
        if (message.work) loaded = load(message.work);
      }
      answer();
    } catch (error) {
      answer(error);
    }
  };

  const raise = () => {
    Atomics.add(control, at.second, 1);
    if (Atomics.load(control, at.firstSleeps) !== 0) Atomics.notify(control, at.second);
  };

  let wanted = 0;
  const other = (left: number) => {
    wanted = (wanted + 1) | 0;
    for (
      let seen = Atomics.load(control, at.first);
      ((seen - wanted) | 0) < 0;
      seen = Atomics.load(control, at.first)
    ) {
      if (left-- > 0) continue;
      Atomics.store(control, at.secondSleeps, 1);
      Atomics.wait(control, at.first, seen);
      Atomics.store(control, at.secondSleeps, 0);
    }
  };

  const step = (rows: number) => {
    try {
      runRows(loaded!, Atomics.load(control, at.before), rows);
    } catch (error) {
      answer(error);
      Atomics.store(control, at.secondFailed, 1);
    }
    raise();
    other(spins.within);
    if (Atomics.load(control, at.firstFailed) !== 0 || Atomics.load(control, at.secondFailed) !== 0) {
      raise();
      return;
    }
    for (const [index, phase] of loaded!.phases.entries()) {
      if (index > 0) other(spins.within);
      phase();
      raise();
    }
  };

  for (;;) {
    other(spins.between);
    const rows = Atomics.load(control, at.rows);
    if (rows >= 0) step(rows);
    else {
      follow();
      raise();
    }
  }
}
