import { numbersLike, PickedRows } from '../../../data/picked-rows.js';
import { type DType, type HostTensor, type Program, sizeOf } from '../../../program/program.js';
import { resolveShape } from '../../../program/shapes.js';
import { checkInputs, zeros } from '../host.js';
import type { Halves } from './halves.js';
import { UNREADABLE } from './in-place.js';
import { SecondThread, type SharedTensor, type Work } from './second-thread.js';
import { type Library, OnnxSession, sessionOptions } from './session.js';
import { isShared, type SharedMemory } from './shared-memory.js';
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

/** The two parts of a batch of so many rows, and what is made for them once. */
interface Parts {
  readonly first: number;
  readonly second: number;
  /** By the place in `inputs`: what this thread's session reads. */
  readonly own: Own[];
  /** By the place in `inputs`: where the second thread finds what it cannot gather itself. */
  readonly exchanged: readonly (Float32Array | Int32Array)[];
}

interface Own {
  /** What was given in the step before. The same memory again needs no new view of it. */
  readonly given: HostTensor['data'] | undefined;
  readonly tensor: HostTensor;
}

const LINE = 64;

function numbersIn(
  buffer: ArrayBufferLike,
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

function pickedBy(input: HostTensor, byRow: boolean): PickedRows | undefined {
  return byRow && input instanceof PickedRows ? input : undefined;
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
  /** Made for the present exchange, by the rows of a batch. */
  private readonly parts = new Map<number, Parts>();
  /** What each thread adds to the sums, by their place: the second one's, in the present exchange. */
  private others: readonly (Float32Array | Int32Array)[] = [];
  /** By the place in `inputs`: from whose table the second thread gathers its rows. It reads memory of this thread, which must be held. */
  private told: readonly (PickedRows | undefined)[] = [];
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
    this.told = [];
  }

  async run(inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    const rows = checkInputs(this.step.program, inputs)!;
    if (!this.thread || this.exchange.rows < Math.floor(rows / 2)) await this.makeReady(Math.floor(rows / 2));
    if (this.library.memory && this.readsOtherTables(inputs)) await this.tellTables(this.library.memory, inputs);
    const { pass } = this.step;
    const parts = this.partsOf(rows);
    const { first, second } = parts;

    for (const [at, { name, rows: byRow, size }] of this.inputs.entries()) {
      const input = inputs[name]!;
      const to = parts.exchanged[at]!;
      const picked = pickedBy(input, byRow);
      if (!picked) to.set(byRow ? input.data.subarray(first * size) : input.data);
      else if (!this.told[at]) picked.gather(first, second, to);
    }
    for (const name of this.updateScalars) pass.views[name]![0] = inputs[name]!.data[0]!;

    const own = () => {
      for (const [at, slot] of this.inputs.entries())
        this.session.feed(slot.name, this.ownPart(at, slot, inputs[slot.name]!, parts));
      this.session.runNow();
    };
    await this.thread!.step(parts, own, pass.phases!.first);
    for (const [place, { tensor, size }] of this.sums.entries()) {
      const other = this.others[place]!;
      for (let at = 0; at < size; at++) tensor.data[at] = tensor.data[at]! + other[at]!;
    }
    return this.results;
  }

  /** What this thread's session reads of an input. Rows that are picked are gathered now. */
  private ownPart(at: number, { rows: byRow, size }: Slot, input: HostTensor, { own, first }: Parts): HostTensor {
    const picked = pickedBy(input, byRow);
    const known = own[at];
    const shape = () => (byRow ? [first, ...input.shape.slice(1)] : input.shape);
    if (picked) {
      const tensor =
        known && known.given === undefined
          ? known.tensor
          : { shape: shape(), data: numbersLike(picked.table, first * size) };
      picked.gather(0, first, tensor.data as PickedRows['table']);
      own[at] = { given: undefined, tensor };
      return tensor;
    }
    const { data } = input;
    if (known?.given === data) return known.tensor;
    const tensor = { shape: shape(), data: byRow ? data.subarray(0, first * size) : data };
    own[at] = { given: data, tensor };
    return tensor;
  }

  private partsOf(rows: number): Parts {
    let parts = this.parts.get(rows);
    if (!parts) {
      const first = Math.ceil(rows / 2);
      const second = rows - first;
      const exchanged = this.inputs.map((one) => this.inExchange(one, one.rows ? second * one.size : one.size));
      this.parts.set(rows, (parts = { first, second, own: [], exchanged }));
    }
    return parts;
  }

  /** Numbers of the exchange. What threads share is copied number by number, so it is seen as ordinary memory where it can be. */
  private inExchange({ name, type }: Slot, length: number): Float32Array | Int32Array {
    const { buffer, places } = this.exchange;
    return numbersIn(this.library.memory?.over(buffer) ?? buffer, type, places.get(name)!, length);
  }

  private readsOtherTables(inputs: Readonly<Record<string, HostTensor>>): boolean {
    return this.inputs.some(({ name, rows }, at) => {
      const [picked, told] = [pickedBy(inputs[name]!, rows), this.told[at]];
      return picked?.table !== told?.table || picked?.places !== told?.places;
    });
  }

  /** Training reads the same tables in every step: the second thread is told where they are, and gathers its rows itself. */
  private async tellTables(memory: SharedMemory, inputs: Readonly<Record<string, HostTensor>>): Promise<void> {
    const told = this.inputs.map(({ name, rows }) => pickedBy(inputs[name]!, rows));
    const tables = told.flatMap((picked, at) => {
      if (!picked) return [];
      const { width, table, places } = picked;
      const { name } = this.inputs[at]!;
      return [{ name, width, numbers: memory.placeOf(table), places: memory.placeOf(places) }];
    });
    this.told = [];
    await this.thread!.readFrom(tables);
    this.told = told;
  }

  /** A second thread that has loaded the program, with room for so many rows of it. */
  private async makeReady(rows: number): Promise<void> {
    const places = new Map<string, number>();
    let end = 0;
    for (const { name, rows: byRow, size } of [...this.inputs, ...this.sums]) {
      places.set(name, end);
      end += LINE * Math.ceil((4 * (byRow ? rows * size : size)) / LINE);
    }
    // No room is counted on before the second thread knows of it.
    this.exchange = { buffer: new SharedArrayBuffer(Math.max(end, LINE)), rows: -1, places };
    this.parts.clear();
    this.others = this.sums.map((one) => this.inExchange(one, one.size));
    const { direct, memory } = this.library;
    if (!direct) throw new Error('halves are run at once');
    this.thread ??= new SecondThread({ native: direct.native, koffi: memory?.koffi });
    this.told = [];
    await this.thread.load(this.work());
    this.exchange.rows = rows;
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
