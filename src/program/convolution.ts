import type { Extent, Tensor64, TensorType } from './program.js';
import { knownExtent, showShape } from './shapes.js';
import { checkNumbers, imageOf, visitTaps, type WindowAttributes, type Windows, windowsOf } from './windows.js';

/**
 * What the three convolutions share. conv2d is bilinear in its input and its kernel; the other two are its adjoints:
 *
 *     y[n, i, j, f] = Σ x[n, i·sh + p·dh − top, j·sw + q·dw − left, c] · kernel[p, q, c, f]
 *
 * over taps p, q and the channels c of the filter's group; x is 0 outside. Kernels are [height, width, channels / groups, filters], as
 * Keras and TensorFlow have them; filters are group-major: filter f belongs to group ⌊f · groups / filters⌋.
 */
export interface ConvolutionAttributes extends WindowAttributes {
  readonly dilation: readonly number[];
  readonly groups: number;
}

export interface Convolution {
  readonly windows: Windows;
  /** Channels and filters of one group. */
  readonly channels: number;
  readonly filters: number;
  readonly groups: number;
}

/** The convolution of [height, width] with so many channels by a kernel. Throws an Error that says what does not fit. */
export function convolutionOf(
  op: string,
  extents: readonly number[],
  channels: number | undefined,
  kernel: TensorType | Tensor64,
  attributes: ConvolutionAttributes,
): Convolution {
  const { groups } = attributes;
  checkNumbers(op, 'groups', [groups], 1, 1);
  if (kernel.dtype !== 'float' || kernel.shape.length !== 4) {
    throw new Error(
      `${op}: takes a kernel [height, width, channels / groups, filters] and was given ${showShape(kernel.shape)}`,
    );
  }
  const [height, width, perGroup, filters] = [0, 1, 2, 3].map((axis) => knownExtent(op, kernel.shape, axis));
  const windows = windowsOf(op, extents, [height!, width!], attributes);
  if (channels !== undefined && channels !== perGroup! * groups) {
    throw new Error(
      `${op}: a kernel ${showShape(kernel.shape)} in ${groups} groups reads ${perGroup! * groups} channels, and there are ${channels}`,
    );
  }
  if (filters! % groups !== 0) throw new Error(`${op}: ${filters} filters do not part into ${groups} groups`);
  return { windows, channels: perGroup!, filters: filters! / groups, groups };
}

/** The type of a convolution's result; throws unless `given`, where there is one, has it. */
export function resultType(op: string, batch: Extent, of: Convolution, given?: TensorType): TensorType {
  const { windows, filters, groups } = of;
  const shape = [batch, ...windows.count, filters * groups];
  if (given) {
    imageOf(op, given);
    if (given.shape.some((extent, axis) => extent !== shape[axis])) {
      throw new Error(`${op}: the convolution gives ${showShape(shape)} and was given ${showShape(given.shape)}`);
    }
  }
  return { dtype: 'float', shape };
}

/** The convolution's own attributes, for the ops that its gradients are made of. */
export function sharedAttributes({ strides, padding, dilation, groups }: ConvolutionAttributes) {
  return { strides, padding, dilation, groups };
}

/**
 * The sum of a convolution, or of its adjoint in the input (`back`): every tap adds the numbers of a pixel (a window), times the tap's matrices, to those of the
 * window (pixel) that it leads to, group by group. `width`: how many numbers of a group a pixel or a window has. The matrix of group q of a tap begins
 * at tap · channels · filters · groups + q · `between`, and has its rows `stride` apart.
 */
export function addByTaps(
  { windows, channels, filters, groups }: Convolution,
  images: number,
  { from, width: deep }: { readonly from: Float64Array; readonly width: number },
  { to, width: wide }: { readonly to: Float64Array; readonly width: number },
  matrices: { readonly data: Float64Array; readonly between: number; readonly stride: number },
  back: boolean,
): void {
  const { data, between, stride } = matrices;
  const [allFrom, allTo] = [deep * groups, wide * groups];
  const [stepFrom, stepTo] = back ? [allFrom, windows.strides[1] * allTo] : [windows.strides[1] * allFrom, allTo];
  visitTaps(windows, images, (tap, pixel, window, count) => {
    let source = (back ? window : pixel) * allFrom;
    let target = (back ? pixel : window) * allTo;
    const slab = tap * channels * filters * groups;
    for (let i = 0; i < count; i++, source += stepFrom, target += stepTo) {
      if (channels === 1 && filters === 1) {
        for (let c = 0; c < groups; c++) to[target + c] = to[target + c]! + from[source + c]! * data[slab + c]!;
        continue;
      }
      for (let q = 0; q < groups; q++)
        addRowTimesMatrix(to, target + q * wide, wide, from, source + q * deep, deep, data, slab + q * between, stride);
    }
  });
}

/** to[at + j] += Σ from[start + p] · matrix[row + p · stride + j] for p < deep and j < wide: a row times a matrix. */
function addRowTimesMatrix(
  to: Float64Array,
  at: number,
  wide: number,
  from: Float64Array,
  start: number,
  deep: number,
  matrix: Float64Array,
  row: number,
  stride: number,
): void {
  let p = 0;
  for (; p + 3 < deep; p += 4) {
    const a0 = from[start + p]!;
    const a1 = from[start + p + 1]!;
    const a2 = from[start + p + 2]!;
    const a3 = from[start + p + 3]!;
    const b0 = row + p * stride;
    const b1 = b0 + stride;
    const b2 = b1 + stride;
    const b3 = b2 + stride;
    for (let j = 0; j < wide; j++) {
      to[at + j] =
        to[at + j]! + a0 * matrix[b0 + j]! + a1 * matrix[b1 + j]! + a2 * matrix[b2 + j]! + a3 * matrix[b3 + j]!;
    }
  }
  for (; p < deep; p++) {
    const a = from[start + p]!;
    const b = row + p * stride;
    for (let j = 0; j < wide; j++) to[at + j] = to[at + j]! + a * matrix[b + j]!;
  }
}
