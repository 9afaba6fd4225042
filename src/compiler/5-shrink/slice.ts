import type { Unit } from '../../ir/dims.js';
import { type Axis, blocksOf, type Network, type Param } from '../../ir/graph.js';
import { sizeOf } from '../../program/program.js';
import { stridesOf } from '../../program/shapes.js';

/** Which entries of a parameter stay. */
export interface Positions {
  /** Of every axis; of an axis that stands for several blocks, as many as each keeps. */
  readonly axes: readonly (readonly number[])[];
  /** Where an axis stands for several blocks, told by the axis `by`: its positions that stay, for each position of that axis that stays. */
  readonly blocks?: { readonly axis: number; readonly by: number; readonly byPlace: readonly (readonly number[])[] };
}

/** The positions whose units are not removed; axes that carry no units stay whole. */
export function keptPositions(network: Network, removed: ReadonlySet<Unit>, param: Pick<Param, 'axes'>): Positions {
  const axes = param.axes.map(({ dim }) => positionsLeft(network, removed, dim.units));
  const blocks = blocksOf(param.axes);
  if (!blocks) return { axes };
  const { axis, by } = blocks;
  const byPlace = positionsByBlock(param.axes, blocks, axes);
  return {
    axes: axes.map((positions, k) => (k === axis ? (byPlace[0] ?? []) : positions)),
    blocks: { axis, by, byPlace },
  };
}

/** What is left of its own block for each position left of the axis that tells it. */
function positionsByBlock(
  axes: readonly Axis[],
  { axis, by, groups }: NonNullable<ReturnType<typeof blocksOf>>,
  left: readonly (readonly number[])[],
): number[][] {
  const rows = axes[axis]!.dim.units.length / groups;
  const places = axes[by]!.dim.units.length / groups;
  const kept = Array.from({ length: groups }, (_, block) =>
    left[axis]!.filter((unit) => Math.floor(unit / rows) === block).map((unit) => unit % rows),
  );
  const byPlace = left[by]!.map((place) => kept[Math.floor(place / places)]!);
  if (byPlace.some((positions) => positions.length !== byPlace[0]!.length))
    throw new Error('blocks keep different numbers of units');
  return byPlace;
}

/** Positions of the units of one axis that are not removed. */
export function positionsLeft(network: Network, removed: ReadonlySet<Unit>, units: readonly Unit[]): readonly number[] {
  const left: number[] = [];
  for (let k = 0; k < units.length; k++) if (!removed.has(network.dims.find(units[k]!))) left.push(k);
  return left;
}

/** The entries of a row-major tensor at the kept positions of every axis: for parameters, and for whatever has their shape. */
export function slice<T extends Float32Array | Float64Array>(data: T, shape: readonly number[], kept: Positions): T {
  if (kept.axes.every((positions, axis) => positions.length === shape[axis])) return data.slice() as T;
  if (!kept.blocks) return sliceRows(data, shape, kept.axes);
  const places = keptPlaces(shape, kept);
  const sliced = ofSize(data, places.length);
  for (let k = 0; k < places.length; k++) sliced[k] = data[places[k]!]!;
  return sliced;
}

/** The same without blocks, a row of the last axis at a time: kernels have millions of entries. */
function sliceRows<T extends Float32Array | Float64Array>(
  data: T,
  shape: readonly number[],
  axes: Positions['axes'],
): T {
  const width = shape.at(-1) ?? 1;
  const columns = Int32Array.from(axes.at(-1) ?? [0]);
  const rows = keptPlaces(shape.slice(0, -1), { axes: axes.slice(0, -1) });
  const sliced = ofSize(data, rows.length * columns.length);
  let at = 0;
  for (let row = 0; row < rows.length; row++) {
    const first = rows[row]! * width;
    if (columns.length === width) {
      sliced.set(data.subarray(first, first + width), at);
      at += width;
    } else for (let k = 0; k < columns.length; k++) sliced[at++] = data[first + columns[k]!]!;
  }
  return sliced;
}

/** A tensor of this shape with the entries at the kept positions, and 0 elsewhere: `slice` gives them back. */
export function scatter<T extends Float32Array | Float64Array>(
  sliced: T,
  shape: readonly number[],
  kept: Positions,
): T {
  const places = keptPlaces(shape, kept);
  if (places.length !== sliced.length) throw new Error(`${sliced.length} entries for ${places.length} places`);
  const data = ofSize(sliced, sizeOf(shape));
  for (let k = 0; k < places.length; k++) data[places[k]!] = sliced[k]!;
  return data;
}

function ofSize<T extends Float32Array | Float64Array>(like: T, size: number): T {
  return new (like.constructor as new (size: number) => T)(size);
}

/** The offset of every kept entry, row-major. */
function keptPlaces(shape: readonly number[], { axes, blocks }: Positions): Int32Array {
  const strides = stridesOf(shape);
  let places = new Int32Array(1);
  /** Of an axis that stands for several blocks, and of the one that tells the block, the first: which of its positions that stay. */
  let before = new Int32Array(1);
  const first = blocks && Math.min(blocks.axis, blocks.by);
  const second = blocks && Math.max(blocks.axis, blocks.by);
  axes.forEach((positions, axis) => {
    const stride = strides[axis]!;
    const next = new Int32Array(places.length * positions.length);
    const nextBefore = blocks ? new Int32Array(next.length) : before;
    let at = 0;
    for (let k = 0; k < places.length; k++)
      for (let j = 0; j < positions.length; j++) {
        let place = places[k]! + (axis === blocks?.axis ? 0 : positions[j]! * stride);
        if (blocks) {
          if (axis === second) {
            const [of, own] = blocks.axis === first ? [j, before[k]!] : [before[k]!, j];
            place += blocks.byPlace[of]![own]! * strides[blocks.axis]!;
          }
          nextBefore[at] = axis === first ? j : before[k]!;
        }
        next[at++] = place;
      }
    places = next;
    before = nextBefore;
  });
  return places;
}
