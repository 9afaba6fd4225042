import type { Builder, Value } from '../program/builder.js';

/** Mean over all axes but the batch: [batch, …] to [batch]. */
export function rowMean(b: Builder, x: Value): Value {
  const axes = x.type.shape.map((_, axis) => axis).slice(1);
  return axes.length === 0 ? x : b.mean(x, axes);
}

/** Sum over all axes but the batch: [batch, …] to [batch]. */
export function rowSum(b: Builder, x: Value): Value {
  const axes = x.type.shape.map((_, axis) => axis).slice(1);
  return axes.length === 0 ? x : b.sum(x, axes);
}
