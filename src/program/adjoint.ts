import type { Builder, Value } from './builder.js';
import type { Extent } from './program.js';
import { sameShape } from './shapes.js';

/** What gradient rules share. */

/** Undoes a broadcast in a gradient: adds up along every axis that `shape` does not have, or has with extent 1. */
export function sumTo(b: Builder, gradient: Value, shape: readonly Extent[]): Value {
  const from = gradient.type.shape;
  if (sameShape(from, shape)) return gradient;
  const missing = from.length - shape.length;
  const axes = from
    .map((_, axis) => axis)
    .filter((axis) => axis < missing || (shape[axis - missing] === 1 && from[axis] !== 1));
  const sum = axes.length > 0 ? b.sum(gradient, axes) : gradient;
  return sameShape(sum.type.shape, shape) ? sum : b.reshape(sum, shape);
}

/**
 * Gives a reduced value its reduced axes back with extent 1, so that it broadcasts against what was reduced. Axes in front are
 * left out: broadcasting puts them there by itself.
 */
export function withReducedAxes(b: Builder, reduced: Value, shape: readonly Extent[], axes: readonly number[]): Value {
  const first = shape.findIndex((_, axis) => !axes.includes(axis));
  const kept = first < 0 ? [] : shape.slice(first).map((extent, at) => (axes.includes(at + first) ? 1 : extent));
  const given = reduced.type.shape;
  const ones = given.slice(0, Math.max(0, given.length - kept.length));
  const broadcasts = ones.every((extent) => extent === 1) && sameShape(given.slice(ones.length), kept);
  return broadcasts ? reduced : b.reshape(reduced, kept);
}
