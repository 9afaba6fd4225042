import type { ConvolutionAttributes } from '../../../program/convolution.js';
import type { PoolingAttributes } from '../../../program/pooling.js';
import { sizeOf } from '../../../program/program.js';
import type { Kernel } from './kernels.js';
import type { Tensor, Tf } from './library.js';

/**
 * Convolutions and pooling. The wasm backend has no gradient for filters, and the one for inputs takes a hundred times as long as a
 * convolution; the cpu backend's gradients know no dilation, and divide an average by what lies outside, too. So all gradients are
 * convolutions here.
 */

type Explicit = [[number, number], [number, number], [number, number], [number, number]];
export type Image4 = import('@tensorflow/tfjs-core').Tensor4D;

/** Amounts of padding, as tf.pad and tf.conv2d take them. */
export function explicit([top, bottom, left, right]: readonly number[]): Explicit {
  return [
    [0, 0],
    [top!, bottom!],
    [left!, right!],
    [0, 0],
  ];
}

export const pair = (of: readonly number[]) => [of[0]!, of[1]!] as [number, number];
export const isOne = (of: readonly number[]) => of.every((one) => one === 1);

/** x [a, b, c, d] with zeros after every entry of the axes b and c: [a, b · by[0], c · by[1], d]. */
function spread(tf: Tf, x: Tensor, by: readonly number[]): Tensor {
  const [a, b, c, d] = x.shape as [number, number, number, number];
  const [down, along] = by as [number, number];
  let out = x;
  if (down > 1) {
    const rows = tf.reshape(out, [a * b, 1, c * d]);
    out = tf.reshape(tf.pad(rows, [[0, 0], [0, down - 1], [0, 0]]), [a, b * down, c, d]); // biome-ignore format: a matrix
  }
  if (along > 1) {
    const columns = tf.reshape(out, [a * b * down * c, 1, d]);
    out = tf.reshape(tf.pad(columns, [[0, 0], [0, along - 1], [0, 0]]), [a, b * down, c * along, d]); // biome-ignore format: a matrix
  }
  return out;
}

/** A kernel with the zeros that its dilation stands for. */
export function dilated(tf: Tf, kernel: Tensor, dilation: readonly number[]): Tensor {
  if (isOne(dilation)) return kernel;
  const [height, width, channels, filters] = kernel.shape as [number, number, number, number];
  const rows = tf.reshape(kernel, [1, height, width, channels * filters]);
  const full = [(height - 1) * dilation[0]! + 1, (width - 1) * dilation[1]! + 1];
  const cut = tf.slice(spread(tf, rows, dilation), [0, 0, 0, 0], [1, ...full, channels * filters]);
  return tf.reshape(cut, [...full, channels, filters]);
}

/** The entries of an axis that belong to a group. */
export function part(tf: Tf, x: Tensor, axis: number, group: number, groups: number): Tensor {
  const size = [...x.shape];
  size[axis] = x.shape[axis]! / groups;
  const begin = x.shape.map((_, at) => (at === axis ? group * size[axis]! : 0));
  return tf.slice(x, begin, size);
}

/** Group after group, side by side along the axis. */
export function eachGroup(tf: Tf, groups: number, axis: number, of: (group: number) => Tensor): Tensor {
  const parts = Array.from({ length: groups }, (_, group) => of(group));
  return parts.length === 1 ? parts[0]! : tf.concat(parts, axis);
}

/** A convolution of x [images, height, width, channels] by a kernel [height, width, channels / groups, filters]. */
type Convolve = (tf: Tf, x: Tensor, kernel: Tensor, attributes: ConvolutionAttributes) => Tensor;

function convolve(tf: Tf, x: Tensor, kernel: Tensor, attributes: ConvolutionAttributes): Tensor {
  const { strides, padding, groups } = attributes;
  const channels = x.shape[3]!;
  // tfjs takes strides or dilation.
  const both = !isOne(strides) && !isOne(attributes.dilation);
  const taps = both ? dilated(tf, kernel, attributes.dilation) : kernel;
  const dilation = both ? [1, 1] : attributes.dilation;
  if (groups === channels && groups > 1) {
    const [height, width, , filters] = taps.shape as [number, number, number, number];
    const depthwise = tf.reshape(taps, [height, width, channels, filters / channels]) as Image4;
    return tf.depthwiseConv2d(x as Image4, depthwise, pair(strides), explicit(padding), 'NHWC', pair(dilation));
  }
  return eachGroup(tf, groups, 3, (group) =>
    tf.conv2d(
      part(tf, x, 3, group, groups) as Image4,
      part(tf, taps, 3, group, groups) as Image4,
      pair(strides),
      explicit(padding),
      'NHWC',
      pair(dilation),
    ),
  );
}

/**
 * A convolution of the gradient, spread by the strides, by the kernel turned around: over all that padding and windows reach, of which
 * the input is a part.
 */
export function inputGradient(
  tf: Tf,
  dy: Tensor,
  kernel: Tensor,
  extents: readonly number[],
  attributes: ConvolutionAttributes,
  by: Convolve,
): Tensor {
  const { strides, padding, dilation, groups } = attributes;
  const [height, width, channels, filters] = kernel.shape as [number, number, number, number];
  const each = filters / groups;
  const depthwise = channels === 1 && groups > 1;
  const reach = [(height - 1) * dilation[0]!, (width - 1) * dilation[1]!];
  const around = { strides: [1, 1], padding: [reach[0]!, reach[0]!, reach[1]!, reach[1]!], dilation };
  const back = spread(tf, dy, strides);
  const turned = tf.reverse(kernel, [0, 1]);
  const whole = depthwise
    ? // The filters of a channel one after the other: the m-th ones of all channels are a depthwise convolution.
      tf.addN(
        Array.from({ length: each }, (_, m) =>
          by(tf, every(tf, back, m, each), every(tf, turned, m, each), { ...around, groups }),
        ),
      )
    : eachGroup(tf, groups, 3, (group) =>
        by(tf, part(tf, back, 3, group, groups), tf.transpose(part(tf, turned, 3, group, groups), [0, 1, 3, 2]), {
          ...around,
          groups: 1,
        }),
      );
  const begin = [0, padding[0]!, padding[2]!, 0];
  return tf.slice(whole, begin, [dy.shape[0]!, ...extents, channels * groups]);
}

/** The entries m, m + each, m + 2 · each … of the last axis. */
function every(tf: Tf, x: Tensor, m: number, each: number): Tensor {
  if (each === 1) return x;
  const [a, b, c, d] = x.shape as [number, number, number, number];
  const split = tf.reshape(x, [a * b * c, d / each, each]);
  return tf.reshape(tf.slice(split, [0, 0, m], [a * b * c, d / each, 1]), [a, b, c, d / each]);
}

/**
 * A convolution of the input by the gradient, with images as the channels that are summed over. [width · channels] is one axis, along
 * which the gradient is dilated by the channels: one image, whose result is the kernel (onnx/ops/images.ts does the same).
 */
function filterGradient(
  tf: Tf,
  x: Tensor,
  dy: Tensor,
  size: readonly number[],
  attributes: ConvolutionAttributes,
): Tensor {
  const { strides, padding, dilation, groups } = attributes;
  const [images, height, width, allChannels] = x.shape as [number, number, number, number];
  const [, rows, columns, filters] = dy.shape as [number, number, number, number];
  const channels = allChannels / groups;
  const [top, bottom, left, right] = padding as [number, number, number, number];
  // The kernel with its dilation's gaps, which are left out at the end.
  const full = size.map((one, axis) => (one - 1) * dilation[axis]! + 1) as [number, number];
  if (channels === 1 && groups > 1) return depthwiseFilterGradient(tf, x, dy, size, attributes);
  return eachGroup(tf, groups, 3, (group) => {
    const one = tf.transpose(part(tf, x, 3, group, groups), [1, 2, 3, 0]);
    const image = tf.reshape(one, [1, height, width * channels, images]) as Image4;
    const taps = tf.transpose(part(tf, dy, 3, group, groups), [1, 2, 0, 3]) as Image4;
    const around = explicit([top, bottom, left * channels, right * channels]);
    const dilations: [number, number] = [rows === 1 ? 1 : strides[0]!, columns === 1 ? 1 : strides[1]! * channels];
    const found = tf.conv2d(image, taps, 1, around, 'NHWC', dilations);
    const cut = tf.slice(found, [0, 0, 0, 0], [1, full[0], full[1] * channels, filters / groups]);
    const kernel = tf.reshape(cut, [...full, channels, filters / groups]);
    return isOne(dilation) ? kernel : tf.stridedSlice(kernel, [0, 0], full, [...dilation]);
  });
}

/** Tap by tap: what lies under the tap times the gradient, added up. */
export function depthwiseFilterGradient(
  tf: Tf,
  x: Tensor,
  dy: Tensor,
  size: readonly number[],
  { strides, padding, dilation, groups }: ConvolutionAttributes,
): Tensor {
  const [images, rows, columns, filters] = dy.shape as [number, number, number, number];
  const padded = tf.pad(x, explicit(padding));
  const back = tf.reshape(dy, [images * rows * columns, groups, filters / groups]);
  const taps: Tensor[] = [];
  for (let ky = 0; ky < size[0]!; ky++) {
    for (let kx = 0; kx < size[1]!; kx++) {
      const [y, z] = [ky * dilation[0]!, kx * dilation[1]!];
      const begin = [0, y, z, 0];
      const end = [images, y + (rows - 1) * strides[0]! + 1, z + (columns - 1) * strides[1]! + 1, groups];
      const under = tf.reshape(tf.stridedSlice(padded, begin, end, [1, ...strides, 1]), [-1, groups, 1]);
      taps.push(tf.sum(tf.mul(under, back), 0));
    }
  }
  return tf.reshape(tf.stack(taps), [...size, 1, filters]);
}

/**
 * Tap by tap in row-major order: windows whose maximum is under the tap, and was not under one before, give it their gradient.
 * (The wasm backend's own gradient keeps one of several windows that share a maximum.)
 */
export function maximumGradient(
  tf: Tf,
  x: Tensor,
  dy: Tensor,
  { size, strides, padding }: PoolingAttributes,
  maxima: Tensor,
): Tensor {
  const [images, height, width, channels] = x.shape as [number, number, number, number];
  const [, rows, columns] = dy.shape as [number, number, number, number];
  const [top, , left] = padding as [number, number, number, number];
  const padded = tf.pad(x, explicit(padding), Number.NEGATIVE_INFINITY);
  // As far as the last window reaches, strides rounded up: where spread gradients lie.
  const [tall, wide] = [rows * strides[0]! + size[0]!, columns * strides[1]! + size[1]!];
  let open: Tensor = tf.onesLike(dy);
  let total: Tensor | undefined;
  for (let ky = 0; ky < size[0]!; ky++) {
    for (let kx = 0; kx < size[1]!; kx++) {
      const end = [images, ky + (rows - 1) * strides[0]! + 1, kx + (columns - 1) * strides[1]! + 1, channels];
      const under = tf.stridedSlice(padded, [0, ky, kx, 0], end, [1, ...strides, 1]);
      const here = tf.mul(tf.cast(tf.equal(under, maxima), 'float32'), open);
      open = tf.sub(open, here);
      const given = spread(tf, tf.mul(here, dy), strides);
      const after = [tall - ky - given.shape[1]!, wide - kx - given.shape[2]!] as const;
      const placed = tf.pad(given, [[0, 0], [ky, after[0]], [kx, after[1]], [0, 0]]); // biome-ignore format: a matrix
      total = total ? tf.add(total, placed) : placed;
    }
  }
  const missing = [Math.max(0, top + height - tall), Math.max(0, left + width - wide)] as const;
  const whole = tf.pad(total!, [[0, 0], [0, missing[0]], [0, missing[1]], [0, 0]]); // biome-ignore format: a matrix
  return tf.slice(whole, [0, top, left, 0], [images, height, width, channels]);
}

function maxima(tf: Tf, x: Tensor, { size, strides, padding }: PoolingAttributes): Tensor {
  return tf.maxPool(x as Image4, pair(size), pair(strides), explicit(padding) as never);
}

/** How many elements of each window lie inside: [1, rows, columns, 1]. */
export function insides(
  tf: Tf,
  rows: number,
  columns: number,
  extents: readonly number[],
  attributes: PoolingAttributes,
): Tensor {
  const { size, strides, padding } = attributes;
  const counts = [rows, columns].map((count, axis) =>
    Array.from({ length: count }, (_, window) => {
      const start = window * strides[axis]! - padding[2 * axis]!;
      return Math.min(extents[axis]!, start + size[axis]!) - Math.max(0, start);
    }),
  );
  const products = counts[0]!.flatMap((tall) => counts[1]!.map((wide) => tall * wide));
  return tf.tensor(products, [1, rows, columns, 1]);
}

/** Nothing to convolve: zeros. The backends read memory that is not there. */
function unlessEmpty(kernel: Kernel): Kernel {
  return (call) =>
    call.inputs.some((one) => one.size === 0) || sizeOf(call.shape) === 0
      ? call.tf.zeros([...call.shape])
      : kernel(call);
}

/** Convolutions and pooling as a backend has them. */
export interface ImageOps {
  readonly convolve: Convolve;
  /** Of a convolution's input, [images, ...extents, channels]. */
  gradientOfInput(
    tf: Tf,
    dy: Tensor,
    kernel: Tensor,
    extents: readonly number[],
    attributes: ConvolutionAttributes,
  ): Tensor;
  /** Of a convolution's kernel, of so many rows and columns. */
  gradientOfFilter(tf: Tf, x: Tensor, dy: Tensor, size: readonly number[], attributes: ConvolutionAttributes): Tensor;
  maxima(tf: Tf, x: Tensor, attributes: PoolingAttributes): Tensor;
  /** Of the elements of each window that lie inside. */
  means(tf: Tf, x: Tensor, attributes: PoolingAttributes): Tensor;
}

/** The kernels of images. */
export function imageKernels({ convolve, gradientOfInput, gradientOfFilter, maxima, means }: ImageOps) {
  return {
    conv2d: unlessEmpty(({ tf, inputs: [x, kernel], attributes }) =>
      convolve(tf, x!, kernel!, attributes as ConvolutionAttributes),
    ),
    conv2d_input_gradient: unlessEmpty(({ tf, inputs: [dy, kernel], attributes }) => {
      const { extents } = attributes as ConvolutionAttributes & { readonly extents: readonly number[] };
      return gradientOfInput(tf, dy!, kernel!, extents, attributes as ConvolutionAttributes);
    }),
    conv2d_filter_gradient: unlessEmpty(({ tf, inputs: [x, dy], attributes }) => {
      const { size } = attributes as ConvolutionAttributes & { readonly size: readonly number[] };
      return gradientOfFilter(tf, x!, dy!, size, attributes as ConvolutionAttributes);
    }),
    max_pool2d: unlessEmpty(({ tf, inputs: [x], attributes }) => maxima(tf, x!, attributes as PoolingAttributes)),
    max_pool2d_gradient: unlessEmpty(({ tf, inputs: [x, dy], attributes }) => {
      const pooling = attributes as PoolingAttributes;
      return maximumGradient(tf, x!, dy!, pooling, maxima(tf, x!, pooling));
    }),
    average_pool2d: unlessEmpty(({ tf, inputs: [x], attributes }) => means(tf, x!, attributes as PoolingAttributes)),
    /** Each window's gradient, divided by the elements inside, by a depthwise transposed convolution with ones. */
    average_pool2d_gradient: unlessEmpty(({ tf, inputs: [dy], attributes }) => {
      const pooling = attributes as PoolingAttributes & { readonly extents: readonly number[] };
      const { size, strides, padding, extents } = pooling;
      const [, rows, columns, channels] = dy!.shape as [number, number, number, number];
      const share = tf.div(dy!, insides(tf, rows, columns, extents, pooling));
      const ones = tf.ones([...size, 1, channels] as [number, number, number, number]);
      const around = { strides, padding, dilation: [1, 1], groups: channels };
      return inputGradient(tf, share, ones, extents, around, convolve);
    }),
  } satisfies Record<string, Kernel>;
}

/** By convolutions and pooling alone, as every backend of tfjs has them. */
export const imageOps: ImageOps = {
  convolve,
  gradientOfInput: (tf, dy, kernel, extents, attributes) =>
    inputGradient(tf, dy, kernel, extents, attributes, convolve),
  gradientOfFilter: filterGradient,
  maxima,
  means: (tf, x, { size, strides, padding }) =>
    tf.avgPool(x as Image4, pair(size), pair(strides), explicit(padding) as never),
};

export const images = imageKernels(imageOps);
