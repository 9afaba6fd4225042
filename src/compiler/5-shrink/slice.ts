import type { Unit } from '../../ir/dims.js';
import type { Axis, Network, Param } from '../../ir/graph.js';
import { sizeOf } from '../../program/program.js';
import { stridesOf } from '../../program/shapes.js';
import { paramShape } from '../3-dims/index.js';

/** Which entries of a parameter stay. */
export interface Positions {
  /** Of every axis; of an axis that stands for several blocks, as many as each keeps. */
  readonly axes: readonly (readonly number[])[];
  /** Where an axis stands for several blocks: its positions that stay, for each position of the last axis that stays. */
  readonly blocks?: { readonly axis: number; readonly byLast: readonly (readonly number[])[] };
}

/** The positions whose units are not removed; axes that carry no units stay whole. */
export function keptPositions(network: Network, removed: ReadonlySet<Unit>, param: Pick<Param, 'axes'>): Positions {
  const axes = param.axes.map(({ dim }) => positionsLeft(network, removed, dim.units));
  const grouped = param.axes.findIndex(({ groups = 1 }) => groups > 1);
  if (grouped < 0) return { axes };
  const byLast = positionsByBlock(param.axes, grouped, axes);
  return {
    axes: axes.map((positions, k) => (k === grouped ? (byLast[0] ?? []) : positions)),
    blocks: { axis: grouped, byLast },
  };
}

/** What each position left of the last axis reads of its own block. */
function positionsByBlock(axes: readonly Axis[], grouped: number, left: readonly (readonly number[])[]): number[][] {
  const { dim, groups = 1 } = axes[grouped]!;
  const last = axes.length - 1;
  if (axes[last]!.role !== 'writes' || grouped === last)
    throw new Error('blocks are read by what the last axis writes');
  const rows = dim.units.length / groups;
  const columns = axes[last]!.dim.units.length / groups;
  const kept = Array.from({ length: groups }, (_, block) =>
    left[grouped]!.filter((unit) => Math.floor(unit / rows) === block).map((unit) => unit % rows),
  );
  const byLast = left[last]!.map((column) => kept[Math.floor(column / columns)]!);
  if (byLast.some((positions) => positions.length !== byLast[0]!.length))
    throw new Error('blocks that are read keep different numbers of units');
  return byLast;
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
  const sliced = ofSize(data, sizeOf(kept.axes.map((positions) => positions.length)));
  let next = 0;
  eachKept(shape, kept, (place) => {
    sliced[next++] = data[place]!;
  });
  return sliced;
}

/** A tensor of this shape with the entries at the kept positions, and 0 elsewhere: `slice` gives them back. */
export function scatter<T extends Float32Array | Float64Array>(
  sliced: T,
  shape: readonly number[],
  kept: Positions,
): T {
  const data = ofSize(sliced, sizeOf(shape));
  let next = 0;
  eachKept(shape, kept, (place) => {
    data[place] = sliced[next++]!;
  });
  if (next !== sliced.length) throw new Error(`${sliced.length} entries for ${next} places`);
  return data;
}

function ofSize<T extends Float32Array | Float64Array>(like: T, size: number): T {
  return new (like.constructor as new (size: number) => T)(size);
}

/** Calls with the offset of every kept entry, row-major. */
function eachKept(shape: readonly number[], { axes, blocks }: Positions, visit: (place: number) => void): void {
  if (axes.length === 0) {
    visit(0);
    return;
  }
  const strides = stridesOf(shape);
  const last = axes.at(-1)!;
  /** Where rows along the last axis begin, and which of the positions of a block they are. */
  let rows: { readonly offset: number; readonly place: number }[] = [{ offset: 0, place: 0 }];
  axes.slice(0, -1).forEach((positions, axis) => {
    const stride = strides[axis]!;
    rows = rows.flatMap(({ offset, place }) =>
      positions.map((position, k) =>
        axis === blocks?.axis ? { offset, place: k } : { offset: offset + position * stride, place },
      ),
    );
  });
  for (const { offset, place } of rows) {
    if (blocks) {
      const stride = strides[blocks.axis]!;
      for (let k = 0; k < last.length; k++) visit(offset + blocks.byLast[k]![place]! * stride + last[k]!);
    } else for (let k = 0; k < last.length; k++) visit(offset + last[k]!);
  }
}

/** Slices every parameter of a network. */
export function sliceAll<T extends Float32Array | Float64Array>(
  network: Network,
  removed: ReadonlySet<Unit>,
  params: readonly Param[],
  values: ReadonlyMap<string, T>,
): Map<string, T> {
  return new Map(
    params.map((param) => [
      param.name,
      slice(values.get(param.name)!, paramShape(param), keptPositions(network, removed, param)),
    ]),
  );
}
