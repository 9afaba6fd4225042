import type { ConvolutionAttributes } from '../../../program/convolution.js';
import type { PoolingAttributes } from '../../../program/pooling.js';
import {
  depthwiseFilterGradient,
  dilated,
  eachGroup,
  explicit,
  type Image4,
  imageKernels,
  inputGradient,
  insides,
  isOne,
  pair,
  part,
} from '../tfjs/images.js';
import type { Tensor, Tf } from '../tfjs/library.js';

/**
 * Convolutions and pooling as TensorFlow has them on every device: without padding, since the package knows none but SAME and VALID for pooling;
 * without dilation, which the processor's own kernels refuse. Images are padded and kernels are spread before.
 */

/** What windows reach of padded images, and the strides that lead there. */
interface Reach {
  /** Rows and columns from the first that a window covers to the last. */
  readonly extents: readonly [number, number];
  readonly strides: [number, number];
}

/** The stride of a single window is 1: with one channel and one column of results TensorFlow's oneDNN kernel goes wrong for others. */
function reachOf(results: readonly number[], size: readonly number[], strides: readonly number[]): Reach {
  const steps = strides.map((stride, axis) => (results[axis] === 1 ? 1 : stride));
  const extents = steps.map((step, axis) => (results[axis]! - 1) * step + size[axis]!);
  return { extents: extents as [number, number], strides: steps as [number, number] };
}

/** x with its padding, as far as windows reach. */
function framed(tf: Tf, x: Tensor, padding: readonly number[], { extents }: Reach, fill = 0): Tensor {
  const padded = isZero(padding) ? x : tf.pad(x, explicit(padding), fill);
  const [images, height, width, channels] = padded.shape as [number, number, number, number];
  if (height === extents[0] && width === extents[1]) return padded;
  return tf.slice(padded, [0, 0, 0, 0], [images, ...extents, channels]);
}

const isZero = (of: readonly number[]) => of.every((one) => one === 0);

/** Rows and columns of a convolution's result. */
function resultOf(x: Tensor, size: readonly number[], { strides, padding }: ConvolutionAttributes): [number, number] {
  return [0, 1].map((axis) => {
    const extent = x.shape[1 + axis]! + padding[2 * axis]! + padding[2 * axis + 1]!;
    return Math.floor((extent - size[axis]!) / strides[axis]!) + 1;
  }) as [number, number];
}

function convolve(tf: Tf, x: Tensor, kernel: Tensor, attributes: ConvolutionAttributes): Tensor {
  const { padding, groups } = attributes;
  const taps = dilated(tf, kernel, attributes.dilation);
  const [height, width, each, filters] = taps.shape as [number, number, number, number];
  const reach = reachOf(resultOf(x, [height, width], attributes), [height, width], attributes.strides);
  const image = framed(tf, x, padding, reach);
  const { strides } = reach;
  // The processor's depthwise kernel knows but one stride.
  if (each === 1 && groups > 1 && strides[0] === strides[1]) {
    const depthwise = tf.reshape(taps, [height, width, groups, filters / groups]) as Image4;
    return tf.depthwiseConv2d(image as Image4, depthwise, strides, 'valid');
  }
  return eachGroup(tf, groups, 3, (group) =>
    tf.conv2d(
      part(tf, image, 3, group, groups) as Image4,
      part(tf, taps, 3, group, groups) as Image4,
      strides,
      'valid',
    ),
  );
}

/** What both gradients ask of TensorFlow's kernels. */
function plain(strides: readonly number[]) {
  return { strides: pair(strides), pad: 'valid', dataFormat: 'NHWC' } as const;
}

/** The gradient of what windows reach, with zeros where none does, without the padding. */
function gradientOfInput(
  tf: Tf,
  dy: Tensor,
  kernel: Tensor,
  extents: readonly number[],
  attributes: ConvolutionAttributes,
): Tensor {
  const { padding, dilation, groups } = attributes;
  if (kernel.shape[2] === 1 && groups > 1) return inputGradient(tf, dy, kernel, extents, attributes, convolve);
  const taps = dilated(tf, kernel, dilation);
  const reach = reachOf(dy.shape.slice(1, 3), taps.shape, attributes.strides);
  const [images, channels] = [dy.shape[0]!, kernel.shape[2]!];
  const reached = eachGroup(tf, groups, 3, (group) => {
    const given = { dy: part(tf, dy, 3, group, groups), filter: part(tf, taps, 3, group, groups) };
    const inputShape = [images, ...reach.extents, channels];
    return tf.engine().runKernel('Conv2DBackpropInput', given, { ...plain(reach.strides), inputShape }) as Tensor;
  });
  const [top, , left] = padding as [number, number, number, number];
  const beyond = [0, 1].map((axis) => Math.max(0, padding[2 * axis]! + extents[axis]! - reach.extents[axis]!));
  const whole = isZero(beyond) ? reached : tf.pad(reached, explicit([0, beyond[0]!, 0, beyond[1]!]));
  return tf.slice(whole, [0, top, left, 0], [images, ...extents, channels * groups]);
}

function gradientOfFilter(
  tf: Tf,
  x: Tensor,
  dy: Tensor,
  size: readonly number[],
  attributes: ConvolutionAttributes,
): Tensor {
  const { padding, dilation, groups } = attributes;
  const [channels, filters] = [x.shape[3]! / groups, dy.shape[3]! / groups];
  if (channels === 1 && groups > 1) return depthwiseFilterGradient(tf, x, dy, size, attributes);
  // The kernel with its dilation's gaps, which are left out at the end.
  const full = size.map((one, axis) => (one - 1) * dilation[axis]! + 1);
  const reach = reachOf(dy.shape.slice(1, 3), full, attributes.strides);
  const image = framed(tf, x, padding, reach);
  return eachGroup(tf, groups, 3, (group) => {
    const given = { x: part(tf, image, 3, group, groups), dy: part(tf, dy, 3, group, groups) };
    const filterShape = [...full, channels, filters];
    const made = tf.engine().runKernel('Conv2DBackpropFilter', given, { ...plain(reach.strides), filterShape });
    return isOne(dilation) ? (made as Tensor) : tf.stridedSlice(made as Tensor, [0, 0], full, [...dilation]);
  });
}

/** Pools windows of x, padded with `fill`. */
function pooled(tf: Tf, pool: 'maxPool' | 'avgPool', x: Tensor, attributes: PoolingAttributes, fill: number): Tensor {
  const { size, strides, padding } = attributes;
  const padded = isZero(padding) ? x : tf.pad(x, explicit(padding), fill);
  return tf[pool](padded as Image4, pair(size), pair(strides), 'valid');
}

export const images = imageKernels({
  convolve,
  gradientOfInput,
  gradientOfFilter,
  maxima: (tf, x, attributes) => pooled(tf, 'maxPool', x, attributes, Number.NEGATIVE_INFINITY),
  /** TensorFlow divides by all elements of a window of padded images: here by those that lie inside. */
  means: (tf, x, attributes) => {
    const means = pooled(tf, 'avgPool', x, attributes, 0);
    if (isZero(attributes.padding)) return means;
    const [, rows, columns] = means.shape as [number, number, number, number];
    const inside = insides(tf, rows, columns, x.shape.slice(1, 3), attributes);
    return tf.mul(means, tf.div(attributes.size[0]! * attributes.size[1]!, inside));
  },
});
