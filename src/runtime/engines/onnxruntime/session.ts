import { lowerProgram } from '../../../onnx/lower.js';
import { encode } from '../../../onnx/model.js';
import type { DType, HostTensor, Program, TensorType } from '../../../program/program.js';
import type { Ort, OrtData, OrtSession, OrtTensor, OrtType } from './library.js';
import { type InPlace, UNREADABLE, withUnreadableOutput } from './in-place.js';

const ortTypes: Record<DType, OrtType> = { float: 'float32', int: 'int32', bool: 'bool' };

/**
 * How long an idle worker thread keeps asking for work before it sleeps. Longer than the gaps between a step's parallel nodes, so that
 * it is awake for the next one; shorter than the update, so that on a machine that others use, too, it does not take their time:
 * with onnxruntime's own duration a step took more than twice as long there.
 */
const SPIN_MICROSECONDS = '100';

/**
 * One program as an onnxruntime session. Inputs and outputs are tensors over memory that the caller names, made once; the library reads
 * and writes that memory in place.
 */
export class OnnxSession {
  private readonly lowered;
  private readonly bytes: Uint8Array;
  private session: OrtSession | undefined;
  private readonly inputTypes: ReadonlyMap<string, TensorType>;
  private readonly feeds: Record<string, OrtTensor> = {};
  private readonly fetches: Record<string, OrtTensor | null> = {};

  constructor(
    private readonly ort: Ort,
    readonly program: Program,
    private readonly threads: number,
    private readonly inPlace: InPlace | undefined,
  ) {
    this.lowered = lowerProgram(program, { microsoft: true });
    const { model } = this.lowered;
    this.bytes = encode(inPlace ? withUnreadableOutput(model) : model);
    if (inPlace) this.fetches[UNREADABLE] = null;
    this.inputTypes = new Map(program.inputs.map((one) => [one.name, program.values[one.value]!]));
  }

  async open(): Promise<void> {
    this.session ??= await this.ort.InferenceSession.create(this.bytes, {
      executionProviders: ['cpu'],
      intraOpNumThreads: this.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      extra: { session: { intra_op: { spin_duration_us: SPIN_MICROSECONDS } } },
    });
  }

  async close(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    await session?.release();
  }

  /** The input reads from this memory from now on. */
  feed(name: string, tensor: HostTensor): void {
    const type = this.inputTypes.get(name);
    if (type) this.feeds[name] = this.over(type, tensor);
  }

  /** The output, by its place in the program's list, is written into this memory from now on. */
  fetch(index: number, tensor: HostTensor): void {
    const type = this.program.values[this.program.outputs[index]!.value]!;
    this.fetches[this.lowered.outputs[index]!.onnx] = this.over(type, tensor);
  }

  /** Exchanges the memory of an input and an output: what this run wrote, the next one reads. */
  swap(name: string, index: number): void {
    const { onnx } = this.lowered.outputs[index]!;
    const written = this.fetches[onnx]!;
    this.fetches[onnx] = this.feeds[name]!;
    this.feeds[name] = written;
  }

  async run(): Promise<void> {
    if (!this.session) throw new Error(`the session of ${this.program.name} is not open`);
    await this.session.run(this.feeds, this.fetches).catch((error: unknown) => {
      if (!this.inPlace?.isExpected(error)) throw error;
    });
  }

  private over(type: TensorType, tensor: HostTensor): OrtTensor {
    return new this.ort.Tensor(ortTypes[type.dtype], tensor.data as OrtData, tensor.shape);
  }
}
