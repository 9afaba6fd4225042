import { type DType, type HostTensor, type Program, sizeOf } from '../../../program/program.js';
import { resolveShape } from '../../../program/shapes.js';
import { checkInputs, zeros } from '../host.js';
import type { Halves } from './halves.js';
import { UNREADABLE } from './in-place.js';
import { SecondThread, type SharedTensor, type Work } from './second-thread.js';
import { type Library, OnnxSession, sessionOptions } from './session.js';
import { isShared } from './shared-memory.js';
import type { Runner, State } from './state.js';
import type { UpdatePass } from './update-pass/index.js';

/** A step in halves (halves.ts): what belongs to its program. */
interface Step {
  readonly program: Program;
  readonly data: Program;
  readonly halves: Halves;
  readonly pass: UpdatePass;
}

/** An input that is no state, or a result that is no gradient: what the threads hand each other apart from the update's memory. */
interface Slot {
  readonly name: string;
  readonly type: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly rows: boolean;
  /** Numbers for a row, or in all. */
  readonly size: number;
}

const LINE = 64;

function numbersIn(
  buffer: SharedArrayBuffer,
  type: Slot['type'],
  offset: number,
  length: number,
): Float32Array | Int32Array {
  return type === 'float32' ? new Float32Array(buffer, offset, length) : new Int32Array(buffer, offset, length);
}

function sharedZeros(dtype: DType, length: number): HostTensor['data'] {
  if (dtype === 'bool') return new Uint8Array(new SharedArrayBuffer(length));
  const buffer = new SharedArrayBuffer(4 * length);
  return dtype === 'float' ? new Float32Array(buffer) : new Int32Array(buffer);
}

/** Runs a step on two threads, this one and a second, each with half of the rows and half of onnxruntime's threads. */
export class HalvesRunner implements Runner {
  readonly update: Runner['update'];
  private readonly session: OnnxSession;
  private readonly inputs: readonly Slot[];
  /** Results that are no gradients, by their place in the outputs; each thread has its sum. */
  private readonly sums: readonly (Slot & { readonly index: number; readonly tensor: HostTensor })[];
  private readonly results: Record<string, HostTensor> = {};
  private readonly updateScalars: readonly string[];
  private readonly ownThreads: number;
  private readonly otherThreads: number;
  private thread: SecondThread | undefined;
  /** Where the second thread finds its inputs and leaves its results, with room for so many rows. */
  private exchange = { buffer: new SharedArrayBuffer(0), rows: -1, places: new Map<string, number>() };
  private readonly homes = new Map<string, HostTensor['data']>();
  private isOpen = false;

  constructor(
    private readonly library: Library,
    private readonly step: Step,
    private readonly state: State,
    threads: number,
  ) {
    const { data, halves, pass } = step;
    this.ownThreads = Math.ceil(threads / 2);
    this.otherThreads = Math.floor(threads / 2);
    this.session = new OnnxSession(library, data, this.ownThreads, { direct: true });
    const how = library.memory ? 'memory shared by koffi' : 'memory copied';
    this.update = { pass: true, halves: true, describe: `rows in halves (${how}), ${pass.describe}` };

    const slot = (name: string, value: number): Slot => {
      const { dtype, shape } = data.values[value]!;
      const rows = shape[0] === 'batch';
      const extents = resolveShape(shape, 1);
      return { name, type: dtype === 'float' ? 'float32' : 'int32', shape: extents, rows, size: sizeOf(extents) };
    };
    this.inputs = data.inputs.filter(({ role }) => role !== 'state').map(({ name, value }) => slot(name, value));
    const crossing = new Set(halves.crossing.map(({ first }) => first));
    this.sums = data.outputs.flatMap(({ name, value }, index) => {
      if (crossing.has(name)) return [];
      const { dtype, shape } = data.values[value]!;
      const tensor = zeros(dtype, resolveShape(shape, undefined));
      this.results[name] = tensor;
      this.session.fetch(index, tensor);
      return [{ ...slot(name, value), index, tensor }];
    });
    for (const [index, { name, value }] of data.outputs.entries()) {
      if (crossing.has(name)) this.session.fetch(index, this.inPass(name, data, value));
    }
    this.updateScalars = halves.update.inputs.filter((one) => one.role === 'scalar').map((one) => one.name);
    for (const { name, role, value } of halves.update.outputs) {
      if (role !== 'result') continue;
      const apart = `result:${name}`;
      this.results[name] = this.inPass(apart in pass.views ? apart : name, halves.update, value);
    }
  }

  private inPass(name: string, { values }: Program, value: number): HostTensor {
    const data = this.step.pass.views[name];
    if (!data) throw new Error(`the update pass has no memory for ${name}`);
    return { shape: resolveShape(values[value]!.shape, undefined), data };
  }

  async open(): Promise<void> {
    // Also where the session is open still: other programs move the states that they update.
    for (const [name, { dtype }] of this.state.types) this.state.moveTo(name, this.homeOf(name, dtype));
    if (this.isOpen) return;
    for (const { name, role } of this.step.data.inputs) {
      if (role === 'state') this.session.feed(name, this.state.get(name));
    }
    this.isOpen = true;
    this.exchange.rows = -1;
    await this.session.open();
  }

  /** The memory that both threads know a state by. What no update changes is shared, too. */
  private homeOf(name: string, dtype: DType): HostTensor['data'] {
    const found = this.homes.get(name);
    if (found) return found;
    const { data: now } = this.state.get(name);
    const home = this.step.pass.views[name] ?? (isShared(now) ? now : sharedZeros(dtype, now.length));
    this.homes.set(name, home);
    return home;
  }

  async close(): Promise<void> {
    // Sessions of one thread have none that could be in another one's way.
    if (this.ownThreads === 1 || !this.isOpen) return;
    this.isOpen = false;
    await this.session.close();
    await this.thread?.unload();
  }

  async end(): Promise<void> {
    const { thread } = this;
    this.isOpen = false;
    this.thread = undefined;
    await this.session.close();
    await thread?.end();
  }

  async run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    const rows = checkInputs(this.step.program, inputs)!;
    const first = Math.ceil(rows / 2);
    const second = rows - first;
    await this.makeReady(second);
    const { pass } = this.step;
    const { exchange } = this;

    for (const { name, rows: byRow, size, type } of this.inputs) {
      const { data, shape } = inputs[name]!;
      const to = numbersIn(exchange.buffer, type, exchange.places.get(name)!, byRow ? second * size : size);
      to.set(byRow ? data.subarray(first * size) : data);
      const own = byRow ? { shape: [first, ...shape.slice(1)], data: data.subarray(0, first * size) } : inputs[name]!;
      this.session.feed(name, own);
    }
    for (const name of this.updateScalars) pass.views[name]![0] = inputs[name]!.data[0]!;

    await this.thread!.step(second, () => this.session.runNow(), pass.phases!.first);
    for (const { name, tensor, type, size } of this.sums) {
      const other = numbersIn(exchange.buffer, type, exchange.places.get(name)!, size);
      for (let at = 0; at < size; at++) tensor.data[at] = tensor.data[at]! + other[at]!;
    }
    return { ...this.results };
  }

  /** A second thread that has loaded the program, with room for so many rows of it. */
  private async makeReady(rows: number): Promise<void> {
    if (this.thread && this.exchange.rows >= rows) return;
    const places = new Map<string, number>();
    let end = 0;
    for (const { name, rows: byRow, size } of [...this.inputs, ...this.sums]) {
      places.set(name, end);
      end += LINE * Math.ceil((4 * (byRow ? rows * size : size)) / LINE);
    }
    this.exchange = { buffer: new SharedArrayBuffer(Math.max(end, LINE)), rows, places };
    const { direct, memory } = this.library;
    if (!direct) throw new Error('halves are run at once');
    this.thread ??= new SecondThread({ main: direct.main, native: direct.native, koffi: memory?.koffi });
    await this.thread.load(this.work());
  }

  private work(): Work {
    const { data, halves, pass } = this.step;
    const { exchange } = this;
    const buffers: SharedArrayBuffer[] = [];
    const bufferOf = (of: { readonly buffer: ArrayBufferLike }): number => {
      const buffer = of.buffer as SharedArrayBuffer;
      if (!buffers.includes(buffer)) buffers.push(buffer);
      return buffers.indexOf(buffer);
    };
    const placed = (name: string, { data: of, shape }: HostTensor): SharedTensor => {
      const type = of instanceof Float32Array ? 'float32' : 'int32';
      return { name, type, buffer: bufferOf(of), offset: of.byteOffset, shape, rows: false };
    };
    const exchanged = ({ name, type, shape, rows }: Slot, onnx: string): SharedTensor => ({
      name: onnx,
      type,
      buffer: bufferOf(exchange),
      offset: exchange.places.get(name)!,
      shape,
      rows,
    });
    const states = data.inputs.filter(({ role }) => role === 'state');
    const seconds = new Map(halves.crossing.map(({ first, second }) => [first, second]));
    const { inPlace, direct } = this.library;
    return {
      model: this.session.bytes,
      options: sessionOptions(this.otherThreads),
      memory: pass.memory,
      code: pass.phases!.code,
      phases: pass.phases!.second,
      imports: pass.phases!.imports,
      feeds: [
        ...this.inputs.map((one) => exchanged(one, one.name)),
        ...states.map(({ name }) => placed(name, this.state.get(name))),
      ],
      fetches: [
        ...this.sums.map((one) => exchanged(one, this.session.outputName(one.index))),
        ...data.outputs.flatMap(({ name, value }, index) => {
          const second = seconds.get(name);
          return second === undefined ? [] : [placed(this.session.outputName(index), this.inPass(second, data, value))];
        }),
      ],
      buffers,
      unreadable: inPlace && { name: UNREADABLE, error: direct!.expected ?? '' },
    };
  }
}
