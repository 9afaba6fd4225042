import type { Start } from '../ir/graph.js';
import type { Call } from '../ir/kind.js';
import { sizeOf } from '../program/program.js';
import { Stream } from '../random/streams.js';
import type { InitializerKind } from './initializer.js';

/** One parameter, as it stands now and as it stood in the network that was trained first. */
export interface InitialTensor {
  /** The parameter's name, such as `fc1.kernel`: the name of its stream. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Extents before anything was removed. Absent: as `shape`. */
  readonly originalShape?: readonly number[];
  /** For each axis the original index of every position; undefined where nothing was removed. Absent: nothing was removed. */
  readonly originalIndices?: readonly (readonly number[] | undefined)[];
  /** Where an axis stands for several blocks: its original indices for each position of the axis that tells the block, in place of those of `originalIndices`. */
  readonly originalBlocks?: OriginalBlocks;
  readonly seed: number;
  readonly start?: Start;
}

/** What the positions of one axis stand for, which differs with the position on another, `by`: as in the kernels of a grouped convolution and of attention. */
export interface OriginalBlocks {
  readonly axis: number;
  readonly by: number;
  readonly byPlace: readonly (readonly number[])[];
}

/**
 * The initial value of a parameter, row-major, float32. Every element is drawn by its index in the original tensor and scaled by the original fans,
 * so that the units which survived a shrink start as they did in the full network.
 */
export function initialTensor(call: Call, kind: InitializerKind, tensor: InitialTensor): Float32Array {
  const { name, shape, originalShape = shape, seed, start = {} } = tensor;
  const seen = seenShape(originalShape, start);
  const { fanIn, fanOut } = fans(seen);
  const draws = Stream.named(name, { seed });
  const counters = originalCounters(tensor, originalShape);
  const whole = kind.whole?.(call.arguments, { shape: seen, draws });
  const { value } = kind;
  if (!whole && !value) throw new Error(`${kind.keyword} makes no values`);
  const { rows = {} } = start;
  const perRow = sizeOf(originalShape.slice(1));
  return Float32Array.from(counters, (counter) => {
    const set = rows[Math.floor(counter / perRow)];
    if (set !== undefined) return set;
    return whole ? whole[counter]! : value!(call.arguments, { counter, shape: seen, fanIn, fanOut, draws });
  });
}

/** The shape that initializers see. */
export function seenShape(shape: readonly number[], { joinedFrom = shape.length }: Start = {}): readonly number[] {
  return joinedFrom >= shape.length ? shape : [...shape.slice(0, joinedFrom), sizeOf(shape.slice(joinedFrom))];
}

/** Fan in and fan out as Keras computes them (compute_fans): rows and columns of a matrix, times the window of a convolution's kernel. */
export function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  if (shape.length === 0) return { fanIn: 1, fanOut: 1 };
  if (shape.length === 1) return { fanIn: shape[0]!, fanOut: shape[0]! };
  const window = sizeOf(shape.slice(0, -2));
  return { fanIn: window * shape.at(-2)!, fanOut: window * shape.at(-1)! };
}

/** The row-major index in the original tensor of every element, in row-major order of what is left. */
function originalCounters(
  { name, shape, originalIndices = [], originalBlocks: blocks }: InitialTensor,
  originalShape: readonly number[],
): Float64Array {
  if (shape.length !== originalShape.length)
    throw new Error(`${name}: ${shape.length} axes of ${originalShape.length}`);
  // Axis by axis: the counters of the axes so far, each spread over the positions of the next.
  let counters = new Float64Array(1);
  shape.forEach((extent, axis) => {
    const original = originalShape[axis]!;
    const indices = axis === blocks?.axis ? new Array<number>(extent).fill(0) : originalIndices[axis];
    if ((indices?.length ?? original) !== extent || indices?.some((index) => index >= original))
      throw new Error(`${name}: axis ${axis} has ${extent} units, not those it is said to have of ${original}`);
    const next = new Float64Array(counters.length * extent);
    let at = 0;
    for (const counter of counters)
      for (let position = 0; position < extent; position++)
        next[at++] = counter * original + (indices?.[position] ?? position);
    counters = next;
  });
  if (blocks) {
    const { axis, by, byPlace } = blocks;
    const behind = (one: number) => sizeOf(shape.slice(one + 1));
    const [own, telling, step] = [behind(axis), behind(by), sizeOf(originalShape.slice(axis + 1))];
    for (let k = 0; k < counters.length; k++) {
      const indices = byPlace[Math.floor(k / telling) % shape[by]!]!;
      counters[k]! += indices[Math.floor(k / own) % shape[axis]!]! * step;
    }
  }
  return counters;
}
