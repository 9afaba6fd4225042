import { lowerProgram } from '../../../onnx/lower.js';
import { encode } from '../../../onnx/model.js';
import type { DType, HostTensor, Program, TensorType } from '../../../program/program.js';
import { type Direct, directTensor, type NativeSession } from './direct.js';
import type { Ort, OrtData, OrtSession, OrtTensor, OrtType } from './library.js';
import { type InPlace, UNREADABLE, withUnreadableOutput } from './in-place.js';
import type { Provider } from './providers.js';
import { isShared, type SharedMemory } from './shared-memory.js';

export const ortTypes: Record<DType, OrtType> = { float: 'float32', int: 'int32', bool: 'bool' };

/**
 * How long an idle worker thread keeps asking for work before it sleeps. Longer than the gaps between a step's parallel nodes, so that
 * it is awake for the next one; shorter than the update, so that on a machine that others use, too, it does not take their time:
 * with onnxruntime's own duration a step took more than twice as long there.
 */
const SPIN_MICROSECONDS = '100';

/** onnxruntime-node as it is loaded, and what can be done with it. */
export interface Library {
  readonly ort: Ort;
  /** How it leaves results where they are. */
  readonly inPlace: InPlace | undefined;
  /** How it is called without a turn of the event loop. */
  readonly direct: Direct | undefined;
  /** How it reads what threads share. */
  readonly memory: SharedMemory | undefined;
  /** What runs the nodes that it knows; absent: the processor runs all. */
  readonly provider?: Provider | undefined;
}

/** `provider` runs the nodes that it knows, the processor those that are left. */
export function sessionOptions(threads: number, provider?: Provider): Readonly<Record<string, unknown>> {
  return {
    ...provider?.session,
    executionProviders: [...(provider ? [provider.options] : []), 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: { session: { intra_op: { spin_duration_us: SPIN_MICROSECONDS } } },
  };
}

type Opened =
  | { readonly direct: NativeSession; readonly packaged?: undefined }
  | { readonly packaged: OrtSession; readonly direct?: undefined };

/** An array that threads share and the one of this thread that stands for it. */
interface Copy {
  readonly shared: HostTensor['data'];
  readonly own: HostTensor['data'];
}

/**
 * One program as an onnxruntime session. Inputs and outputs are tensors over memory that the caller names, made once; the library reads
 * and writes that memory in place. Memory that threads share is copied before and after, where it cannot be read in place (shared-memory.ts).
 */
export class OnnxSession {
  private readonly lowered;
  /** The model as onnxruntime loads it. */
  readonly bytes: Uint8Array;
  private session: Opened | undefined;
  private readonly inputTypes: ReadonlyMap<string, TensorType>;
  private readonly feeds: Record<string, OrtTensor> = {};
  private readonly fetches: Record<string, OrtTensor | null> = {};
  /** What was fed last, by the input's name. Most inputs have the memory and the shape that they had in the step before. */
  private readonly fed = new Map<string, HostTensor>();
  /** By the names of inputs and outputs. */
  private readonly copiedIn = new Map<string, Copy>();
  private readonly copiedOut = new Map<string, Copy>();
  /** What tensors read and do not hold themselves. */
  private readonly held = new WeakMap<OrtTensor, HostTensor['data']>();

  /** `direct`: it may run without a turn of the event loop, because the caller lets signals in. */
  constructor(
    private readonly library: Library,
    readonly program: Program,
    private readonly threads: number,
    private readonly options: { readonly direct: boolean } = { direct: false },
  ) {
    this.lowered = lowerProgram(program, { microsoft: true });
    const { model } = this.lowered;
    this.bytes = encode(library.inPlace ? withUnreadableOutput(model) : model);
    if (library.inPlace) this.fetches[UNREADABLE] = null;
    this.inputTypes = new Map(program.inputs.map((one) => [one.name, program.values[one.value]!]));
  }

  async open(): Promise<void> {
    this.session ??= await this.create();
  }

  private async create(): Promise<Opened> {
    const { ort, direct } = this.library;
    const options = sessionOptions(this.threads, this.library.provider);
    if (this.options.direct && direct) return { direct: direct.create(this.bytes, options) };
    return { packaged: await ort.InferenceSession.create(this.bytes, options) };
  }

  async close(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    session?.direct?.dispose();
    await session?.packaged?.release();
  }

  /** The input reads from this memory from now on. */
  feed(name: string, { data, shape }: HostTensor): void {
    const type = this.inputTypes.get(name);
    if (!type) return;
    const known = this.fed.get(name);
    if (known && known.data === data && known.shape === shape) return;
    this.feeds[name] = this.over(type, { data, shape }, this.copiedIn, name);
    this.fed.set(name, { data, shape });
  }

  /** The output, by its place in the program's list, is written into this memory from now on. */
  fetch(index: number, tensor: HostTensor): void {
    const type = this.program.values[this.program.outputs[index]!.value]!;
    const name = this.outputName(index);
    this.fetches[name] = this.over(type, tensor, this.copiedOut, name);
  }

  /** What an output of the program is called in the model. */
  outputName(index: number): string {
    return this.lowered.outputs[index]!.onnx;
  }

  /** Exchanges the memory of an input and an output: what this run wrote, the next one reads. */
  swap(name: string, index: number): void {
    const onnx = this.outputName(index);
    const written = this.fetches[onnx]!;
    this.fetches[onnx] = this.feeds[name]!;
    this.feeds[name] = written;
    this.fed.delete(name);
    const [read, wrote] = [this.copiedIn.get(name), this.copiedOut.get(onnx)];
    replace(this.copiedIn, name, wrote);
    replace(this.copiedOut, onnx, read);
  }

  async run(): Promise<void> {
    const { direct, packaged } = this.opened();
    if (direct) return this.runNow();
    this.copyIn();
    try {
      await packaged.run(this.feeds, this.fetches);
    } catch (error) {
      this.check(error);
    }
    this.copyOut();
  }

  /** Runs before it returns. Only where `direct` was asked for and can be. */
  runNow(): void {
    const { direct } = this.opened();
    if (!direct) throw new Error(`the session of ${this.program.name} cannot run at once`);
    this.copyIn();
    try {
      direct.run(this.feeds, this.fetches);
    } catch (error) {
      this.check(error);
    }
    this.copyOut();
  }

  private opened(): Opened {
    if (!this.session) throw new Error(`the session of ${this.program.name} is not open`);
    return this.session;
  }

  private check(error: unknown): void {
    if (!this.library.inPlace?.isExpected(error)) throw error;
  }

  private copyIn(): void {
    for (const { shared, own } of this.copiedIn.values()) own.set(shared);
  }

  private copyOut(): void {
    for (const { shared, own } of this.copiedOut.values()) shared.set(own);
  }

  private over(type: TensorType, tensor: HostTensor, copies: Map<string, Copy>, name: string): OrtTensor {
    const { data, shape } = tensor;
    const { memory, direct, ort } = this.library;
    copies.delete(name);
    let own = data;
    if (isShared(data)) {
      if (memory) own = viewOf(data, memory);
      else {
        own = data.slice();
        copies.set(name, { shared: data, own });
      }
    }
    const kind = ortTypes[type.dtype];
    const made =
      this.options.direct && direct
        ? directTensor(kind, own as OrtData, shape)
        : new ort.Tensor(kind, own as OrtData, shape);
    if (own !== data) this.held.set(made, data);
    return made;
  }
}

function viewOf(data: HostTensor['data'], memory: SharedMemory): HostTensor['data'] {
  const buffer = memory.over(data.buffer as SharedArrayBuffer);
  const { byteOffset, length } = data;
  if (data instanceof Float32Array) return new Float32Array(buffer, byteOffset, length);
  if (data instanceof Int32Array) return new Int32Array(buffer, byteOffset, length);
  return new Uint8Array(buffer, byteOffset, length);
}

function replace(map: Map<string, Copy>, name: string, copy: Copy | undefined): void {
  if (copy) map.set(name, copy);
  else map.delete(name);
}
