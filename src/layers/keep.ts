import type { Dim, Dims } from '../ir/dims.js';
import type { Builder, Value } from '../program/builder.js';
import type { ShapeStep, TfjsLayer } from './layer.js';

/** The units that a `keep` list leaves of an axis. */
export function keepOf(dim: Dim, keep: readonly number[] | undefined, dims: Dims, misfit: ShapeStep['misfit']): Dim {
  if (!keep) return dim;
  const size = dim.units.length;
  const outside = keep.find((index) => index >= size);
  if (outside !== undefined) misfit(`indices from 0 to ${size - 1} in \`keep\``, String(outside));
  return dims.pick(
    dim,
    keep.filter((index) => index < size),
  );
}

/** Picks the kept features of the last axis of [batch, n]. */
export function keepFeatures(b: Builder, x: Value, keep: readonly number[] | undefined): Value {
  return keep ? b.gather(x, b.constant(keep, [keep.length], 'int'), -1) : x;
}

/** A TensorFlow.js layer, followed by the one that picks features where there is a `keep` list. */
export function keptSpelling(
  layer: TfjsLayer,
  name: string,
  keep: readonly number[] | undefined,
): readonly TfjsLayer[] {
  return keep ? [layer, { className: 'DropNeuronKeep', config: { keep, name: `${name}_keep` } }] : [layer];
}
