import type { DType, Extent, TensorType } from './program.js';

/** `float[batch, 300]` */
export function showType(type: TensorType): string {
  return `${type.dtype}${showShape(type.shape)}`;
}

/** `[batch, 300]` */
export function showShape(shape: readonly Extent[]): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: readonly Extent[], b: readonly Extent[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

export function sameType(a: TensorType, b: TensorType): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

/** The shape with the batch's extent put in. */
export function resolveShape(shape: readonly Extent[], batch: number | undefined): number[] {
  return shape.map((extent) => {
    if (extent !== 'batch') return extent;
    if (batch === undefined) throw new Error(`the shape ${showShape(shape)} needs a batch, and no input has one`);
    return batch;
  });
}

/**
 * NumPy's rule: shapes are aligned at their last axis; an extent of 1 or a missing one stretches. `batch` stretches 1 and meets
 * only `batch`. Throws an Error when the shapes do not fit.
 */
export function broadcastShapes(op: string, ...shapes: readonly (readonly Extent[])[]): Extent[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result: Extent[] = new Array(rank).fill(1);
  for (const shape of shapes) {
    for (let axis = 0; axis < shape.length; axis++) {
      const at = axis + rank - shape.length;
      const extent = shape[axis]!;
      if (extent === 1 || extent === result[at]) continue;
      if (result[at] !== 1)
        throw new Error(`${op}: the shapes ${shapes.map(showShape).join(' and ')} do not broadcast`);
      result[at] = extent;
    }
  }
  return result;
}

/** Can a tensor of the first shape stretch to the second? */
export function broadcastsTo(from: readonly Extent[], to: readonly Extent[]): boolean {
  const missing = to.length - from.length;
  return missing >= 0 && from.every((extent, axis) => extent === 1 || extent === to[axis + missing]);
}

/** The shape after a reduction over the axes. */
export function reducedShape(shape: readonly Extent[], axes: readonly number[], keepDims: boolean): Extent[] {
  return keepDims
    ? shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** Throws unless the axes are whole, within the rank, rising, and each there once. */
export function checkAxes(op: string, shape: readonly Extent[], axes: readonly number[]): void {
  for (const [index, axis] of axes.entries()) {
    checkAxis(op, shape, axis);
    if (index > 0 && axis <= axes[index - 1]!) throw new Error(`${op}: the axes ${axes.join(', ')} do not rise`);
  }
}

export function checkAxis(op: string, shape: readonly Extent[], axis: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) {
    throw new Error(`${op}: ${showShape(shape)} has no axis ${axis}`);
  }
}

/** The extent of an axis as a number. Throws when it is the batch's. */
export function knownExtent(op: string, shape: readonly Extent[], axis: number): number {
  checkAxis(op, shape, axis);
  const extent = shape[axis]!;
  if (extent === 'batch') throw new Error(`${op}: axis ${axis} of ${showShape(shape)} must have a known extent`);
  return extent;
}

/** Throws unless there are `count` inputs. */
export function checkCount(op: string, inputs: readonly TensorType[], count: number): void {
  if (inputs.length !== count) throw new Error(`${op}: takes ${count} inputs and was given ${inputs.length}`);
}

/** Throws unless the type's dtype is one of `allowed`. */
export function checkDType(op: string, type: TensorType, allowed: readonly DType[]): void {
  if (!allowed.includes(type.dtype)) {
    throw new Error(`${op}: takes ${allowed.join(' or ')} and was given ${showType(type)}`);
  }
}

/** Throws when an extent is negative or not whole, or more than one is the batch's. */
export function checkShape(op: string, shape: readonly Extent[]): void {
  for (const extent of shape) {
    if (extent !== 'batch' && !(Number.isSafeInteger(extent) && extent >= 0)) {
      throw new Error(`${op}: ${showShape(shape)} is not a shape`);
    }
  }
}

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/** Strides that read a tensor of shape `from` as if it had shape `to`: 0 where it stretches. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const own = stridesOf(from);
  const missing = to.length - from.length;
  return to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : own[axis - missing]!));
}

/** For every index of `shape` in row-major order, where it lies in memory with these strides. */
export function offsetsOf(shape: readonly number[], strides: readonly number[]): Int32Array {
  let size = 1;
  for (const extent of shape) size *= extent;
  const offsets = new Int32Array(size);
  if (size === 0) return offsets;
  // Written axis by axis: what is there so far is one block; the next axis repeats it at its stride.
  let block = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis]!;
    const stride = strides[axis]!;
    for (let index = 1; index < extent; index++) {
      const shift = index * stride;
      for (let at = 0, to = index * block; at < block; at++, to++) offsets[to] = offsets[at]! + shift;
    }
    block *= extent;
  }
  return offsets;
}
