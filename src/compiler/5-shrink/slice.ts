import type { Unit } from '../../ir/dims.js';
import type { Network, Param } from '../../ir/graph.js';
import { sizeOf } from '../../program/program.js';
import { paramShape } from '../3-dims/index.js';

/** Which positions of every axis of a parameter stay. */
export type Positions = readonly (readonly number[])[];

/** The positions whose units are not removed; axes that carry no units stay whole. */
export function keptPositions(network: Network, removed: ReadonlySet<Unit>, param: Param): Positions {
  return param.axes.map(({ dim }) => positionsLeft(network, removed, dim.units));
}

/** Positions of the units of one axis that are not removed. */
export function positionsLeft(network: Network, removed: ReadonlySet<Unit>, units: readonly Unit[]): readonly number[] {
  return units.flatMap((unit, k) => (removed.has(network.dims.find(unit)) ? [] : [k]));
}

/** The entries of a row-major tensor at the kept positions of every axis: for parameters, and for whatever has their shape. */
export function slice<T extends Float32Array | Float64Array>(data: T, shape: readonly number[], kept: Positions): T {
  const sliced = ofSize(data, sizeOf(kept.map((positions) => positions.length)));
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
function eachKept(shape: readonly number[], kept: Positions, visit: (place: number) => void): void {
  const walk = (axis: number, offset: number) => {
    if (axis === kept.length) return visit(offset);
    for (const position of kept[axis]!) walk(axis + 1, offset * shape[axis]! + position);
  };
  walk(0, 0);
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
