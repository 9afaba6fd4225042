import type { Builder, Value } from '../program/builder.js';
import type { Extent } from '../program/program.js';

/** Every place along an axis `times` times, side by side. */
export function repeatPlaces(b: Builder, x: Value, axis: number, times: number): Value {
  if (times === 1) return x;
  const { shape } = x.type;
  const apart = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)];
  const wide = apart.map((extent, k): Extent => (k === axis + 1 ? times : extent));
  const together = shape.map((extent, k): Extent => (k === axis ? Number(extent) * times : extent));
  return b.reshape(b.broadcastTo(b.reshape(x, apart), wide), together);
}

/**
 * Places along an axis, `times` as many, by straight lines between the middles of the old ones; beyond the first and the last middle they stay as they are.
 * As TensorFlow's tf.image.resize(method='bilinear', antialias=False): place o reads at (o + ½) / times − ½.
 */
export function interpolatePlaces(b: Builder, x: Value, axis: number, times: number): Value {
  if (times === 1) return x;
  const rank = x.type.shape.length;
  const extent = Number(x.type.shape[axis]);
  const weights = new Float64Array(extent * extent * times);
  for (let to = 0; to < extent * times; to++) {
    const at = (to + 0.5) / times - 0.5;
    const low = Math.max(0, Math.floor(at));
    const high = Math.min(extent - 1, Math.floor(at) + 1);
    const share = at - Math.floor(at);
    weights[low * extent * times + to]! += 1 - share;
    weights[high * extent * times + to]! += share;
  }
  // The axis changes places with the last one, where a matrix product can take it, and back.
  const swapped = Array.from({ length: rank }, (_, k) => (k === axis ? rank - 1 : k === rank - 1 ? axis : k));
  const product = b.matmul(b.transpose(x, swapped), b.constant(weights, [extent, extent * times]));
  return b.transpose(product, swapped);
}
