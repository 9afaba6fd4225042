import { sizeOf } from '../../../../program/program.js';
import { elementwise, type HostCall, lanes } from './elementwise.js';
import { Code, I32, V128 } from '../../../../wasm/encoder.js';
import {
  type Axes,
  allAxes,
  type Graph,
  type NodeId,
  type Operand,
  type ReductionName,
  type ReductionNode,
} from './graph.js';
import type { Layout } from './layout.js';
import { type Pass, type Plan, placeOf } from './plan.js';

/**
 * Writes one pass as a function: a nest of loops over the elements of its shape, four numbers at a time in the innermost.
 *
 * Axes that every tensor of the pass has or lacks together are one loop, so that a pass without broadcasts and partial
 * reductions is a single loop over all elements. Tensors that have the same loops are addressed by one running offset; their
 * own addresses are constants in the instructions. Within one step everything is read and computed before anything is stored, so
 * a tensor may be overwritten where it is read. Where the innermost extent is no multiple of four, the last step of a row computes
 * four lanes too, stores those that count, and adds up the others as neutral elements.
 *
 * Sums are exact enough for any size: over the innermost loop in lanes, several of them, and from there on in float64; where the
 * innermost loop stays, in float32 as long as a few thousand numbers come together, else in float64. All orders are fixed.
 */
export function emitPass(graph: Graph, plan: Plan, pass: Pass, layout: Layout, call: HostCall): Code {
  return new PassWriter(graph, plan, pass, layout, call).write();
}

/** A pass that threads share: each walks over a part of the outermost loop. */
export interface SharedPass {
  /** By thread. */
  readonly parts: readonly Code[];
  /** What one of them does when all are done: adds up what each of them reduced. */
  readonly join: Code | undefined;
}

/**
 * The pass as shared by so many threads; undefined where that does not pay or where their stores would meet. What belongs to whom is fixed by
 * shapes, and so is the order in which partial sums are added: the bits do not depend on who is first.
 */
export function emitSharedPass(
  graph: Graph,
  plan: Plan,
  pass: Pass,
  layout: Layout,
  call: HostCall,
  { threads, worthSharing = WORTH_SHARING }: Sharing,
): SharedPass | undefined {
  if (!isShareable(graph, pass, threads, worthSharing)) return undefined;
  const writers = Array.from(
    { length: threads },
    (_, part) => new PassWriter(graph, plan, pass, layout, call, { part, threads }),
  );
  return { parts: writers.map((one) => one.write()), join: writers[0]!.join(writers) };
}

export interface Sharing {
  readonly threads: number;
  /** From how many operations on single numbers on a pass is shared. */
  readonly worthSharing?: number;
}

/** What is less is done before another thread has begun. */
const WORTH_SHARING = 1 << 14;

function isShareable(graph: Graph, pass: Pass, threads: number, worthSharing: number): boolean {
  const { loops, axesOf } = loopsOf(graph, pass);
  if (loops[0]! < 2 * threads || sizeOf(pass.shape) * (1 + pass.computed.length) < worthSharing) return false;
  // Threads other than the first have no functions of the host.
  const callsHost = pass.computed.some((id) => {
    const node = graph.nodes[id]!;
    return node.kind === 'elementwise' && elementwise[node.op].cost >= 100;
  });
  // Where the first and the innermost loop stay, rows of sums lie side by side, and whole vectors are added: at the border both threads would write.
  const meets = pass.reductions.some((id) => {
    const { kept } = graph.nodes[id] as ReductionNode;
    return loops.length > 1 && (axesOf[0]! & kept) !== 0 && (axesOf.at(-1)! & kept) !== 0;
  });
  return !callsHost && !meets;
}

/** Additions in float32 that one number may go through. */
const SINGLE_ADDITIONS = 4096;

/** A state's number that is smaller becomes 0: its square would lie below the normal numbers. */
const FLUSH = 2 ** -63;

/** The same for a state under a square root, such as Adam's variance: a mean of squares, and so as small as the square of a small number. */
const FLUSH_SQUARES = 2 ** -99;

const neutral: Readonly<Record<ReductionName, number>> = { sum: 0, max: -Infinity, min: Infinity };
const single = { sum: 'f32x4.add', max: 'f32x4.max', min: 'f32x4.min' } as const;
const pair = { sum: 'f64x2.add', max: 'f64x2.max', min: 'f64x2.min' } as const;
const double = { sum: 'f64.add', max: 'f64.max', min: 'f64.min' } as const;

const wideLanes = (value: number) => Float64Array.of(value, value);

/** A set of loops, bit i for loop i. */
type Loops = number;

/** A running offset in bytes, for all tensors that have the same loops and element size. */
interface Cursor {
  readonly local: number;
  /** What a step of each loop adds; 0 where the tensors do not have the loop. */
  readonly strides: readonly number[];
}

interface Load {
  readonly node: NodeId;
  readonly loops: Loops;
  readonly local: number;
}

interface Sink {
  readonly op: ReductionName;
  /** What is reduced. */
  readonly source: Operand;
  /** The address of the result, and its number of elements. */
  readonly target: number;
  readonly size: number;
  readonly kept: Loops;
  /**
   * `lanes`: the innermost loop is added up in registers; that is the result. `cells`: it is then added to a float64 in memory.
   * `row`: the innermost loop stays, and everything is added up in memory.
   */
  readonly form: 'lanes' | 'cells' | 'row';
  /** Are registers or rows float64 already? */
  readonly wide: boolean;
  /** The address of the float64 numbers in memory, for `cells` and wide rows. */
  readonly cells: number;
  /** The first loop is summed over, too, and the pass is shared: this is what one thread adds up. */
  readonly partial: boolean;
  /** The registers: one for each copy of the unrolled step, two where they are wide. */
  readonly registers: readonly number[];
}

class PassWriter {
  private readonly code = new Code();
  /** Extents of the loops, outermost first. */
  private readonly loops: readonly number[];
  /** The axes of the pass's shape that each loop walks over. */
  private readonly axesOf: readonly Axes[];
  private readonly inner: number;
  /** What is walked over of the first loop. */
  private readonly range: { readonly begin: number; readonly end: number };
  private readonly unroll: number;
  private readonly cursors = new Map<string, Cursor>();
  private readonly loads = new Map<string, Load>();
  private readonly sinks: readonly Sink[];
  /** The locals of what is computed, and of constants. */
  private readonly locals = new Map<NodeId, number>();
  private readonly vector = this.code.local(V128);

  constructor(
    private readonly graph: Graph,
    private readonly plan: Plan,
    private readonly pass: Pass,
    private readonly layout: Layout,
    private readonly call: HostCall,
    private readonly share?: { readonly part: number; readonly threads: number },
  ) {
    const { loops, axesOf, loaded } = loopsOf(graph, pass);
    this.loops = loops;
    this.axesOf = axesOf;
    this.inner = this.loops.length - 1;
    this.range = rangeOf(this.loops, share);
    const vectors = Math.floor(this.loops[this.inner]! / 4);
    this.unroll = vectors < 8 ? 1 : pass.computed.length + pass.loaded.size > 16 ? 2 : 4;

    for (const operand of loaded) {
      const { node, axes } = operand;
      if (!this.loads.has(keyOf(operand))) {
        this.loads.set(keyOf(operand), {
          node,
          loops: this.loopsIn(axes, pass.shape.length === 0),
          local: this.code.local(V128),
        });
      }
    }
    this.sinks = pass.reductions.map((id) => this.makeSink(id));
  }

  write(): Code {
    for (const sink of this.sinks) this.prepare(sink);
    // Without elements nothing is added: sums are 0, as new memory is.
    if (this.loops.every((extent) => extent > 0)) {
      this.setConstants();
      this.nest(0);
    }
    for (const sink of this.sinks) this.complete(sink);
    return this.code;
  }

  /** How often a loop is gone through. */
  private extentOf(loop: number): number {
    return loop === 0 ? this.range.end - this.range.begin : this.loops[loop]!;
  }

  /** The loops over these axes. A number has none, so that it is read once. */
  private loopsIn(axes: Axes, number = false): Loops {
    if (number) return 0;
    return this.axesOf.reduce((sum, own, loop) => ((own & axes) !== 0 ? sum + 2 ** loop : sum), 0);
  }

  private get everyLoop(): Loops {
    return 2 ** this.loops.length - 1;
  }

  // The nest

  private nest(loop: number): void {
    for (const load of this.loads.values()) if (depthOf(load.loops) === loop) this.load(load);
    if (loop === this.inner) {
      this.innermost();
      return;
    }
    this.code.times(this.extentOf(loop), () => {
      this.nest(loop + 1);
      for (const { local, strides } of this.cursors.values()) {
        this.advance(local, strides[loop]! - this.loops[loop + 1]! * strides[loop + 1]!);
      }
    });
  }

  private innermost(): void {
    const { code, unroll } = this;
    const extent = this.extentOf(this.inner);
    const vectors = Math.floor(extent / 4);
    const rounds = Math.floor(vectors / unroll);
    const tail = extent % 4;
    for (const sink of this.sinks) {
      for (const register of sink.registers) {
        if (sink.wide) code.v128(wideLanes(neutral[sink.op])).set(register);
        else code.v128(lanes(neutral[sink.op])).set(register);
      }
    }
    const moving = () => [...this.cursors.values()].filter(({ strides }) => strides[this.inner]! > 0);
    // Cursors are made when they are first needed; the steps below must all find the same ones.
    code.times(rounds, () => {
      for (let copy = 0; copy < unroll; copy++) this.step(copy, copy, 4);
      for (const { local, strides } of moving()) this.advance(local, 4 * unroll * strides[this.inner]!);
    });
    const rest = vectors - rounds * unroll;
    for (let copy = 0; copy < rest; copy++) this.step(copy, copy, 4);
    if (tail > 0) this.step(rest, rest % unroll, tail);
    for (const { local, strides } of moving()) this.advance(local, (4 * rest + tail) * strides[this.inner]!);
    for (const sink of this.sinks) if (sink.form !== 'row') this.collect(sink);
  }

  /**
   * Four elements, of which `count` are there, `at` vectors behind the cursors. Each is loaded where it is first read and stored as
   * soon as it is there, which keeps few values alive at a time: a processor has 16 registers for them, and some hold constants.
   */
  private step(at: number, copy: number, count: number): void {
    const { code, graph, pass } = this;
    const waiting = new Set([...this.loads.values()].filter((load) => depthOf(load.loops) === this.inner + 1));
    const read = (operand: Operand): number => {
      const load = this.loads.get(keyOf(operand));
      if (load && waiting.delete(load)) this.load(load, at);
      const local = load?.local ?? this.locals.get(operand.node);
      if (local === undefined) throw new Error(`the update pass reads node ${operand.node} before it is there`);
      return local;
    };
    const stores = new Set(pass.stores);
    const storeWhatCanBe = (computed: NodeId) => {
      for (const one of stores) {
        const address = this.layout.address(one.to);
        // Not over what is still to be read.
        const isRead = [...waiting].some(
          ({ node }) => this.layout.address(placeOf(this.graph, this.plan, node)) === address,
        );
        if (one.node > computed || isRead) continue;
        this.store(one.node, address + 16 * at, one.state, count);
        stores.delete(one);
      }
    };
    for (const id of pass.computed) {
      const node = graph.nodes[id]!;
      if (node.kind !== 'elementwise') continue;
      const operands = node.operands.map(read);
      let local = this.locals.get(id);
      if (local === undefined) {
        local = code.local(V128);
        this.locals.set(id, local);
      }
      elementwise[node.op].emit(code, operands, this.call);
      code.set(local);
      storeWhatCanBe(id);
    }
    for (const sink of this.sinks) this.add(sink, read(sink.source), at, copy, count);
    storeWhatCanBe(graph.nodes.length);
  }

  private load({ node, loops, local }: Load, at = 0): void {
    const address = this.layout.address(placeOf(this.graph, this.plan, node));
    const contiguous = (loops & (2 ** this.inner)) !== 0;
    this.code
      .get(this.cursor(loops, 4).local)
      .access(contiguous ? 'v128.load' : 'v128.load32_splat', address + 16 * at)
      .set(local);
  }

  private store(node: NodeId, address: number, state: boolean, count: number): void {
    const { code } = this;
    const value = this.locals.get(node)!;
    let from = value;
    if (state) {
      // A state must not hold numbers near the smallest: arithmetic with what lies below the normal ones is many times slower, and the
      // square of such a weight in a norm lies there. Weights that a penalty shrinks and slots without gradient would come to rest
      // among them (0.9 times the smallest number rounds to itself): with most groups dropped the pass took three times as long.
      // NaN is not smaller than anything and stays.
      const flush = this.isUnderRoot(node) ? FLUSH_SQUARES : FLUSH;
      from = this.vector;
      code.get(value).get(value).op('f32x4.abs').v128(lanes(flush)).op('f32x4.lt').op('v128.andnot').set(from);
    }
    const { local } = this.cursor(this.everyLoop, 4);
    if (count === 4) {
      code.get(local).get(from).access('v128.store', address);
      return;
    }
    if (count >= 2) code.get(local).get(from).storeLane('v128.store64_lane', address, 0);
    if (count !== 2)
      code
        .get(local)
        .get(from)
        .storeLane('v128.store32_lane', address + 4 * (count - 1), count - 1);
  }

  private isUnderRoot(id: NodeId): boolean {
    return this.graph.nodes.some(
      (node) =>
        node.kind === 'elementwise' && node.op === 'sqrt' && node.operands.some((operand) => operand.node === id),
    );
  }

  private setConstants(): void {
    const used = new Set(
      this.pass.computed.flatMap((id) => {
        const node = this.graph.nodes[id]!;
        return node.kind === 'elementwise' ? node.operands.map((one) => one.node) : [];
      }),
    );
    for (const id of used) {
      const node = this.graph.nodes[id]!;
      if (node.kind !== 'constant') continue;
      const local = this.code.local(V128);
      const bits = node.value === 0 ? 0 : 0xffffffff;
      this.code.v128(node.dtype === 'bool' ? Uint32Array.of(bits, bits, bits, bits) : lanes(node.value)).set(local);
      this.locals.set(id, local);
    }
  }

  // Cursors

  private cursor(loops: Loops, bytes: number): Cursor {
    const key = `${loops} ${bytes}`;
    const known = this.cursors.get(key);
    if (known) return known;
    const strides: number[] = new Array(this.loops.length).fill(0);
    let stride = bytes;
    for (let loop = this.inner; loop >= 0; loop--) {
      if ((loops & (2 ** loop)) === 0) continue;
      strides[loop] = stride;
      stride *= this.loops[loop]!;
    }
    const made = { local: this.code.local(I32), strides };
    if (this.range.begin > 0 && strides[0]! > 0) this.code.start(made.local, this.range.begin * strides[0]!);
    this.cursors.set(key, made);
    return made;
  }

  private advance(local: number, bytes: number): void {
    if (bytes !== 0) this.code.get(local).i32(bytes).op('i32.add').set(local);
  }

  // Reductions

  private makeSink(id: NodeId): Sink {
    const { op, operand, kept: axes } = this.graph.nodes[id] as ReductionNode;
    const kept = this.loopsIn(axes);
    const innermost = 2 ** this.inner;
    const extent = (has: (loop: number) => boolean) =>
      this.loops.reduce((product, one, loop) => (has(loop) ? product * one : product), 1);
    const has = (loop: number) => (kept & (2 ** loop)) !== 0;
    const size = extent(has);
    const partial = this.share !== undefined && !has(0);
    // Numbers that only one loop makes are partial sums here, which are kept as float64.
    const lanes = kept === innermost - 1 && !partial;
    const form = has(this.inner) ? 'row' : lanes ? 'lanes' : 'cells';
    const additions = form === 'row' ? extent((loop) => !has(loop)) : this.loops[this.inner]!;
    const wide = op === 'sum' && additions > SINGLE_ADDITIONS;
    const registers = form === 'row' ? 0 : wide ? 2 * this.unroll : this.unroll;
    return {
      op,
      source: { node: operand, axes: allAxes(this.pass.shape) },
      target:
        partial && form === 'row' && !wide && this.share!.part > 0
          ? this.layout.scratch(4 * (size + 4))
          : this.layout.address({ kind: 'node', node: id }),
      size,
      kept,
      form,
      wide,
      partial,
      cells: form === 'cells' || (form === 'row' && wide) ? this.layout.scratch(8 * (size + 4)) : 0,
      registers: Array.from({ length: registers }, () => this.code.local(V128)),
    };
  }

  /** Neutral elements where something will be added. */
  private prepare({ op, form, target, cells, size }: Sink): void {
    const { code } = this;
    if (cells !== 0) {
      this.fill(cells, 8 * size, () => code.v128(wideLanes(neutral[op])));
    } else if (form === 'row') {
      this.fill(target, 4 * size, () => code.v128(lanes(neutral[op])));
    }
  }

  private fill(address: number, bytes: number, value: () => void): void {
    const { code } = this;
    const at = code.local(I32);
    code.i32(0).set(at);
    code.times(Math.ceil(bytes / 16), () => {
      code.get(at);
      value();
      code.access('v128.store', address);
      this.advance(at, 16);
    });
  }

  /** Adds the step's values. */
  private add(sink: Sink, source: number, at: number, copy: number, count: number): void {
    const { code } = this;
    const { op, form, wide, kept } = sink;
    let value = source;
    if (count < 4) {
      const mask = Uint32Array.from({ length: 4 }, (_, lane) => (lane < count ? 0xffffffff : 0));
      code.get(value).v128(lanes(neutral[op])).v128(mask).op('v128.bitselect').set(this.vector);
      value = this.vector;
    }
    const half = (high: boolean) => {
      code.get(value);
      if (high) code.get(value).shuffle([2, 3, 0, 1]);
      code.op('f64x2.promote_low_f32x4');
    };
    if (form === 'row' && wide) {
      const { local } = this.cursor(kept, 8);
      for (const high of [false, true]) {
        const address = sink.cells + 32 * at + (high ? 16 : 0);
        code.get(local).get(local).access('v128.load', address);
        half(high);
        code.op(pair[op]).access('v128.store', address);
      }
    } else if (form === 'row') {
      const { local } = this.cursor(kept, 4);
      const address = sink.target + 16 * at;
      code.get(local).get(local).access('v128.load', address).get(value).op(single[op]).access('v128.store', address);
    } else if (wide) {
      for (const high of [false, true]) {
        const register = sink.registers[2 * copy + (high ? 1 : 0)]!;
        code.get(register);
        half(high);
        code.op(pair[op]).set(register);
      }
    } else {
      const register = sink.registers[copy]!;
      code.get(register).get(value).op(single[op]).set(register);
    }
  }

  /** After the innermost loop: the registers become one float64, which is stored or added to its cell. */
  private collect({ op, form, wide, kept, registers, target, cells }: Sink): void {
    const { code } = this;
    const [first, ...others] = registers;
    const { local } = this.cursor(kept, form === 'cells' ? 8 : 4);
    code.get(local);
    if (form === 'cells') code.get(local).access('f64.load', cells);
    code.get(first!);
    for (const register of others) code.get(register).op(wide ? pair[op] : single[op]);
    code.set(this.vector);
    for (let index = 0; index < (wide ? 2 : 4); index++) {
      code.get(this.vector);
      if (wide) code.lane('f64x2.extract_lane', index);
      else code.lane('f32x4.extract_lane', index).op('f64.promote_f32');
      if (index > 0) code.op(double[op]);
    }
    if (form === 'cells') code.op(double[op]).access('f64.store', cells);
    else code.op('f32.demote_f64').access('f32.store', target);
  }

  /** After all loops: float64 sums become the result. */
  private complete({ op, cells, target, size, kept, partial }: Sink): void {
    if (cells === 0 || partial) return;
    // Of a shared pass each thread has the sums of its own part of the first loop.
    const each = (kept & 1) !== 0 ? size / this.loops[0]! : size;
    const { begin, end } = (kept & 1) !== 0 ? this.range : { begin: 0, end: 1 };
    narrow(this.code, op, [cells + 8 * each * begin], target + 4 * each * begin, each * (end - begin));
  }

  /** What brings together the partial sums of the writers of all threads, in their order. */
  join(writers: readonly PassWriter[]): Code | undefined {
    const code = new Code();
    let joins = false;
    for (const [at, sink] of this.sinks.entries()) {
      if (!sink.partial) continue;
      joins = true;
      const { op, target, size } = sink;
      const all = writers.map((one) => one.sinks[at]!);
      if (sink.cells !== 0) {
        narrow(
          code,
          op,
          all.map(({ cells }) => cells),
          target,
          size,
        );
        continue;
      }
      const at16 = code.local(I32);
      code.i32(0).set(at16);
      code.times(Math.ceil(size / 4), () => {
        code.get(at16);
        for (const [part, { target: from }] of all.entries()) {
          code.get(at16).access('v128.load', from);
          if (part > 0) code.op(single[op]);
        }
        code.access('v128.store', target).get(at16).i32(16).op('i32.add').set(at16);
      });
    }
    return joins ? code : undefined;
  }
}

/** float64 numbers as float32: those of several arrays reduced to one. */
function narrow(code: Code, op: ReductionName, cells: readonly number[], target: number, size: number): void {
  const from = code.local(I32);
  const to = code.local(I32);
  code.i32(0).set(from).i32(0).set(to);
  code.times(size, () => {
    code.get(to);
    for (const [part, address] of cells.entries()) {
      code.get(from).access('f64.load', address);
      if (part > 0) code.op(double[op]);
    }
    code.op('f32.demote_f64').access('f32.store', target);
    for (const [local, bytes] of [
      [from, 8],
      [to, 4],
    ] as const)
      code.get(local).i32(bytes).op('i32.add').set(local);
  });
}

/** The loops of a pass, outermost first, with the axes of each; and what it loads. */
function loopsOf(graph: Graph, pass: Pass): { loops: number[]; axesOf: Axes[]; loaded: Operand[] } {
  const all = allAxes(pass.shape);
  const reductions = pass.reductions.map((id) => graph.nodes[id] as ReductionNode);
  const operands = [
    ...pass.computed.flatMap((id) => {
      const node = graph.nodes[id]!;
      return node.kind === 'elementwise' ? node.operands : [];
    }),
    ...reductions.map((one): Operand => ({ node: one.operand, axes: all })),
  ];
  const loaded = operands.filter((one) => pass.loaded.has(one.node));
  const masks = [...loaded.map((one) => one.axes), ...reductions.map((one) => one.kept)];
  return { ...mergeAxes(pass.shape, masks, reductions.length > 0), loaded };
}

/** The part of the first loop that is a thread's. Where it is the only loop, lines of memory are not divided. */
function rangeOf(
  loops: readonly number[],
  share: { readonly part: number; readonly threads: number } | undefined,
): { begin: number; end: number } {
  const extent = loops[0]!;
  if (!share) return { begin: 0, end: extent };
  const unit = loops.length === 1 ? 16 : 1;
  const border = (part: number) =>
    part === share.threads ? extent : Math.min(extent, unit * Math.round((extent * part) / share.threads / unit));
  return { begin: border(share.part), end: border(share.part + 1) };
}

/** One tensor may be read along different axes, such as a vector by row and by column. */
function keyOf({ node, axes }: Operand): string {
  return `${node} ${axes}`;
}

/** The number of loops that must be entered before a tensor with these loops is read. */
function depthOf(loops: Loops): number {
  return loops === 0 ? 0 : Math.floor(Math.log2(loops)) + 1;
}

/** Loops over a shape: neighbouring axes are one where no mask tells them apart. */
function mergeAxes(
  shape: readonly number[],
  masks: readonly Axes[],
  reduces: boolean,
): { loops: number[]; axesOf: Axes[] } {
  if (shape.length === 0) return { loops: [1], axesOf: [1] };
  const loops: number[] = [];
  const axesOf: Axes[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const bit = 2 ** axis;
    const outer = loops.length > 0 && masks.every((mask) => ((mask & bit) === 0) === ((mask & (2 * bit)) === 0));
    // Long sums along the innermost loop are exact only in float64, which is slower: rather leave an outer loop.
    const long = reduces && loops.length === 1 && shape[axis]! * loops[0]! > SINGLE_ADDITIONS;
    if (outer && !long) {
      loops[0] = loops[0]! * shape[axis]!;
      axesOf[0] = axesOf[0]! + bit;
    } else {
      loops.unshift(shape[axis]!);
      axesOf.unshift(bit);
    }
  }
  return { loops, axesOf };
}
