import { type Extent, sizeOf, type TensorType, type ValueId } from '../program/program.js';
import type { GraphWriter } from './graph.js';
import { isKnown } from './graph.js';

/**
 * The order of a tensor's axes in the ONNX graph: entry i is the program's axis that lies at place i. Programs have channels last;
 * ONNX convolves with channels first, so values are kept in the order in which they were computed and turned where one is read in
 * another order: between two convolutions nothing is turned.
 */
export type Order = readonly number[];

/** As the program has it. */
export function plain(rank: number): Order {
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** [batch, …, channels] as [batch, channels, …]. */
export function channelsFirst(rank: number): Order {
  return [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, at) => at + 1)];
}

export function inOrder<T>(of: readonly T[], order: Order): T[] {
  return order.map((axis) => of[axis]!);
}

export function isPlain(order: Order): boolean {
  return order.every((axis, at) => axis === at);
}

/** Whether elements stay where they are: only axes of extent 1 move. */
function keepsMemory(shape: readonly Extent[], order: Order): boolean {
  const moving = order.filter((axis) => shape[axis] !== 1);
  return moving.every((axis, at) => at === 0 || axis > moving[at - 1]!);
}

/** A name for `from`, whose axes have the extents `shape`, with its axes in this order: turned, reshaped or as it is. */
export function turn(g: GraphWriter, from: string, shape: readonly Extent[], order: Order, output?: string): string {
  if (isPlain(order)) return output === undefined ? from : g.node('Identity', [from], {}, output);
  if (keepsMemory(shape, order)) {
    return g.node('Reshape', [from, reshapeTarget(g, inOrder(shape, order))], { allowzero: 1 }, output);
  }
  // Axes that stay side by side are turned as one. onnxruntime then leaves the Transpose where it is: it pulls one that stands before a
  // Resize behind it, where there is more to turn.
  const blocks = blocksOf(order);
  if (blocks.length === order.length) return g.node('Transpose', [from], { perm: order }, output);
  const sorted = [...blocks].sort((a, b) => a[0]! - b[0]!);
  const extents = sorted.map((block) => block.map((axis) => shape[axis]!).filter((extent) => extent !== 1));
  const merged = extents.map((of) => (of.includes('batch') ? 'batch' : sizeOf(of as number[])));
  if (extents.some((of) => of.includes('batch') && of.length > 1)) {
    return g.node('Transpose', [from], { perm: order }, output);
  }
  const flat = g.node('Reshape', [from, reshapeTarget(g, merged)], { allowzero: 1 });
  const turned = g.node('Transpose', [flat], { perm: blocks.map((block) => sorted.indexOf(block)) });
  return g.node('Reshape', [turned, reshapeTarget(g, inOrder(shape, order))], { allowzero: 1 }, output);
}

/** Runs of axes that follow each other in the old order and in the new one. */
function blocksOf(order: Order): readonly (readonly number[])[] {
  const blocks: number[][] = [];
  for (const axis of order) {
    const last = blocks.at(-1);
    if (last?.at(-1) === axis - 1) last.push(axis);
    else blocks.push([axis]);
  }
  return blocks;
}

/** The target of a Reshape. One batch extent is what remains (−1), which ONNX cannot work out when another extent is 0. */
export function reshapeTarget(g: GraphWriter, shape: readonly Extent[]): string {
  const inferred = shape.filter((extent) => extent === 'batch').length === 1 && !shape.includes(0);
  return isKnown(shape) || !inferred ? g.shape(shape) : g.int64(shape.map((one) => (one === 'batch' ? -1 : one)));
}

/** The names of a program's values, in every order in which they are read. */
export class Forms {
  /** The order in which a value was computed, and its name in each order that it has now. */
  private readonly native = new Map<ValueId, Order>();
  private readonly names = new Map<string, string>();

  /** `preferred`: what a value is to be called in plain order, once it has that. */
  constructor(
    private readonly g: GraphWriter,
    private readonly types: readonly TensorType[],
    private readonly preferred: ReadonlyMap<ValueId, string>,
  ) {}

  define(id: ValueId, name: string, order: Order = plain(this.rank(id))): void {
    this.native.set(id, order);
    this.names.set(key(id, order), name);
  }

  isDefined(id: ValueId): boolean {
    return this.native.has(id);
  }

  isPlain(id: ValueId): boolean {
    return isPlain(this.order(id));
  }

  /** The name of the value with its axes in this order. */
  in(id: ValueId, order: Order = plain(this.rank(id))): string {
    const known = this.names.get(key(id, order));
    if (known !== undefined) return known;
    const native = this.order(id);
    const from = this.names.get(key(id, native))!;
    const shape = inOrder(this.types[id]!.shape, native);
    const steps = order.map((axis) => native.indexOf(axis));
    const name = turn(this.g, from, shape, steps, isPlain(order) ? this.preferred.get(id) : undefined);
    this.names.set(key(id, order), name);
    return name;
  }

  /** The value, of lower rank or with extents of 1, as it broadcasts against one of this rank in this order. */
  against(id: ValueId, order: Order): string {
    const { shape } = this.types[id]!;
    if (shape.every((extent) => extent === 1)) return this.in(id);
    if (shape.length === order.length) return this.in(id, order);
    const wanted = `${key(id, order)} aligned`;
    const known = this.names.get(wanted);
    if (known !== undefined) return known;
    const full = aligned(shape, order.length);
    const reshape = (target: readonly Extent[]) =>
      this.g.node('Reshape', [this.in(id), reshapeTarget(this.g, target)], { allowzero: 1 });
    const name = keepsMemory(full, order) ? reshape(inOrder(full, order)) : turn(this.g, reshape(full), full, order);
    this.names.set(wanted, name);
    return name;
  }

  private order(id: ValueId): Order {
    const order = this.native.get(id);
    if (!order) throw new Error(`value ${id} is read before it is computed`);
    return order;
  }

  private rank(id: ValueId): number {
    return this.types[id]!.shape.length;
  }
}

/** A shape with extents of 1 in front, up to the rank. */
export function aligned(shape: readonly Extent[], rank: number): Extent[] {
  return [...Array.from({ length: rank - shape.length }, () => 1), ...shape];
}

function key(id: ValueId, order: Order): string {
  return `${id}:${order.join()}`;
}
