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
  const size = sizeOf(kept.map((positions) => positions.length));
  const sliced = new (data.constructor as new (size: number) => T)(size);
  const last = kept.at(-1);
  if (!last) {
    sliced.set(data);
    return sliced;
  }
  let next = 0;
  const walk = (axis: number, offset: number) => {
    if (axis === kept.length - 1) {
      for (const position of last) sliced[next++] = data[offset * shape[axis]! + position]!;
      return;
    }
    for (const position of kept[axis]!) walk(axis + 1, offset * shape[axis]! + position);
  };
  if (size > 0) walk(0, 0);
  return sliced;
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
