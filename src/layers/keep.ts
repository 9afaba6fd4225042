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

/** What an Input reads of a row: `keep` lists places of the last axis, the features of every place before it. */
export interface FeaturesRead {
  /** Row-major, in the whole row; undefined where all are read. */
  readonly indices: readonly number[] | undefined;
  /** Extents of what is read. */
  readonly extents: readonly number[];
}

/** Which numbers of a row an Input with these arguments reads. */
export function featuresRead({ shape, keep }: Readonly<Record<string, unknown>>): FeaturesRead {
  const whole = shape as readonly number[];
  if (keep === undefined) return { indices: undefined, extents: whole };
  const kept = keep as readonly number[];
  const width = whole.at(-1) ?? 1;
  const leading = whole.slice(0, -1);
  const places = leading.reduce((product, extent) => product * extent, 1);
  return {
    indices: Array.from({ length: places }, (_, place) => kept.map((feature) => place * width + feature)).flat(),
    extents: [...leading, kept.length],
  };
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
