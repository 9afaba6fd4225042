import { withReducedAxes } from './adjoint.js';
import type { Builder, Value } from './builder.js';
import { sizeOf } from './program.js';
import { knownExtent } from './shapes.js';

/**
 * The gradient of max over `axes`: g where x has its first maximum in row-major order, else 0. TensorFlow's pooling and PyTorch's
 * `max(dim)` do the same; splitting g among equals, or giving it to each of them, would count a tie more often than the maximum.
 */
export function firstExtreme(b: Builder, g: Value, x: Value, axes: readonly number[]): Value {
  const { shape } = x.type;
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const keptShape = kept.map((axis) => shape[axis]!);
  const count = sizeOf(axes.map((axis) => knownExtent('max', shape, axis)));
  const moved = b.reshape(b.transpose(x, order), [...keptShape, count]);
  const mask = b.reshape(
    b.oneHot(b.argmax(moved, -1), count),
    order.map((axis) => shape[axis]!),
  );
  const back = shape.map((_, axis) => order.indexOf(axis));
  return b.multiply(withReducedAxes(b, g, shape, axes), b.transpose(mask, back));
}
