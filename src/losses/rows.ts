import type { Builder, Value } from '../program/builder.js';

/** Mean over all axes but the batch: [batch, …] to [batch]. */
export function rowMean(b: Builder, x: Value): Value {
  const axes = x.type.shape.map((_, axis) => axis).slice(1);
  return axes.length === 0 ? x : b.mean(x, axes);
}

/** Sum over the last axis, then the mean over the others but the batch, as Keras takes a loss of distributions: [batch, …, classes] to [batch]. */
export function rowDistribution(b: Builder, x: Value): Value {
  return rowMean(b, b.sum(x, [-1]));
}
