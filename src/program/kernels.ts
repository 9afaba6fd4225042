import { type DType, sizeOf, type Tensor64 } from './program.js';
import { broadcastStrides, offsetsOf, sameShape, stridesOf } from './shapes.js';

/** The float64 loops that several ops share. */

export function tensor64(dtype: DType, shape: readonly number[], data: Float64Array): Tensor64 {
  return { dtype, shape, data };
}

/** Elementwise over one tensor. */
export function map1(dtype: DType, x: Tensor64, f: (x: number) => number): Tensor64 {
  const data = new Float64Array(x.data.length);
  for (let i = 0; i < data.length; i++) data[i] = f(x.data[i]!);
  return tensor64(dtype, x.shape, data);
}

/** Elementwise over two tensors, broadcasting to `shape`. */
export function map2(
  dtype: DType,
  shape: readonly number[],
  x: Tensor64,
  y: Tensor64,
  f: (x: number, y: number) => number,
): Tensor64 {
  const size = sizeOf(shape);
  const data = new Float64Array(size);
  const a = x.data;
  const b = y.data;
  if (a.length === size && b.length === size) for (let i = 0; i < size; i++) data[i] = f(a[i]!, b[i]!);
  else if (a.length === size && b.length === 1) for (let i = 0; i < size; i++) data[i] = f(a[i]!, b[0]!);
  else if (a.length === 1 && b.length === size) for (let i = 0; i < size; i++) data[i] = f(a[0]!, b[i]!);
  else {
    const m = offsetsOf(shape, broadcastStrides(x.shape, shape));
    const n = offsetsOf(shape, broadcastStrides(y.shape, shape));
    for (let i = 0; i < size; i++) data[i] = f(a[m[i]!]!, b[n[i]!]!);
  }
  return tensor64(dtype, shape, data);
}

/** The elements of x stretched to `shape`. */
export function stretch(x: Tensor64, shape: readonly number[]): Float64Array {
  if (sameShape(x.shape, shape)) return x.data;
  if (x.data.length === 1) return new Float64Array(sizeOf(shape)).fill(x.data[0]!);
  return pick(x.data, offsetsOf(shape, broadcastStrides(x.shape, shape)));
}

/** The elements at these places. */
export function pick(data: Float64Array, places: Int32Array): Float64Array {
  const out = new Float64Array(places.length);
  for (let i = 0; i < out.length; i++) out[i] = data[places[i]!]!;
  return out;
}

/** Where the groups of a reduction lie: element `r` of group `g` is at `groups[g] + members[r]`; both in row-major order. */
export function groupsOf(
  shape: readonly number[],
  axes: readonly number[],
): { readonly groups: Int32Array; readonly members: Int32Array } {
  const strides = stridesOf(shape);
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const places = (of: readonly number[]) =>
    offsetsOf(
      of.map((axis) => shape[axis]!),
      of.map((axis) => strides[axis]!),
    );
  return { groups: places(kept), members: places(axes) };
}

/** A tensor seen as [outer, extent, inner] around one axis. */
export function aroundAxis(
  shape: readonly number[],
  axis: number,
): { readonly outer: number; readonly extent: number; readonly inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), extent: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}
