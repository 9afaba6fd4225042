import type { TensorType } from './program.js';
import { showShape } from './shapes.js';
import { imageOf, type WindowAttributes, type Windows, windowsOf } from './windows.js';

/** Pooling over windows of [batch, height, width, channels]; padding is outside: it never wins, and no divisor counts it. */
export interface PoolingAttributes extends WindowAttributes {
  readonly size: readonly number[];
}

/** Throws an Error that says what does not fit. Padding below the size: every window has something inside. */
export function poolingOf(op: string, extents: readonly number[], attributes: PoolingAttributes): Windows {
  const { size, padding } = attributes;
  const windows = windowsOf(op, extents, size, attributes);
  if (padding.some((one, side) => one >= size[side >> 1]!)) {
    throw new Error(`${op}: with padding ${showShape(padding)} some windows of ${size.join(' × ')} lie outside`);
  }
  return windows;
}

/** The type of a pooling's result; throws unless `given`, where there is one, has it. */
export function pooledType(op: string, x: TensorType, attributes: PoolingAttributes, given?: TensorType): TensorType {
  const [batch, height, width, channels] = imageOf(op, x);
  const shape = [batch, ...poolingOf(op, [height, width], attributes).count, channels];
  if (given) {
    imageOf(op, given);
    if (given.shape.some((extent, axis) => extent !== shape[axis])) {
      throw new Error(`${op}: the pooling gives ${showShape(shape)} and was given ${showShape(given.shape)}`);
    }
  }
  return { dtype: 'float', shape };
}

/** The pooling's own attributes, for the ops that its gradients are made of. */
export function sharedAttributes({ strides, padding }: PoolingAttributes) {
  return { strides, padding };
}
