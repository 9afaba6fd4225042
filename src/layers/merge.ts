import { type Dim, type Shape, showShape } from '../ir/dims.js';
import { Type } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';
import { combinedFacts } from './facts.js';
import { defineLayer, type LayerKind, type ShapeStep } from './layer.js';
import { combinedRanges } from './ranges.js';

/** What one element-wise merge does that the others do not. */
export interface Merge {
  readonly keyword: string;
  readonly summary: string;
  readonly inputs: readonly [least: number, most: number];
  /** Of inputs of the same rank. */
  forward(b: Builder, inputs: readonly Value[]): Value;
  /** The same of numbers. */
  compute(inputs: readonly number[]): number;
  /** The result that one input fixes by itself, whatever the others are, where it is this number. Absent: none does. */
  readonly fixedBy?: number;
  /** The least and the largest result, of inputs between `low` and `high`. */
  range(low: readonly number[], high: readonly number[]): readonly [low: number, high: number];
  /** How large what it adds up or multiplies is at these ends, all terms together; roundings are in proportion. Absent: it does not round. */
  readonly rounds?: Merge['range'];
  /** What an input must be to be left out: see `LayerKind.spares`. */
  readonly spares?: (input: number) => { readonly constant: number; readonly adds?: 1 | -1 } | undefined;
  /** The class in TensorFlow.js, where there is one. */
  readonly tfjs?: string;
}

/**
 * A layer that computes every element from the elements of its inputs at the same place. Inputs of lower rank get leading axes of 1, and axes of 1
 * stretch, as in Keras; all other axes are the same units. A unit goes only if it is unneeded, or a constant, at every input.
 */
export function defineMerge(merge: Merge): LayerKind {
  const { keyword, summary, inputs } = merge;
  return defineLayer({
    keyword,
    summary,
    cite: `Keras, keras.layers.${keyword}`,
    inputs,
    schema: Type.Object({}),
    shape: (_, at) => [mergedShape(at)],
    forward: (b, { inputs: xs, outputShapes: [shape = []] }) => [
      merge.forward(
        b,
        xs.map((x) => withRank(b, x, shape.length)),
      ),
    ],
    // Axes of 1 that stretch are read by every unit, and are not in the output.
    unitwise: (_, __, [output = []]) => output,
    facts: (_, { inputs: facts, outputShapes: [shape = []] }) => [
      combinedFacts(facts, shape, (values) => {
        if (merge.fixedBy !== undefined && values.includes(merge.fixedBy)) return merge.fixedBy;
        return values.every((value) => value !== undefined) ? merge.compute(values) : undefined;
      }),
    ],
    ranges: (_, { inputs: ranges, outputShapes: [shape = []] }) => [
      combinedRanges(ranges, shape.at(-1)?.units.length ?? 1, merge.range, merge.rounds),
    ],
    ...(merge.spares && { spares: (_: object, input: number) => merge.spares!(input) }),
    spelling: merge.tfjs ? { tfjs: (_, { name }) => [{ className: merge.tfjs!, config: { name } }] } : {},
  });
}

function mergedShape({ name, inputs, from, dims, misfit }: ShapeStep): Shape {
  const rank = Math.max(...inputs.map((shape) => shape.length));
  const fits = Array.from({ length: rank }, (_, axis) => {
    const lengths = alignedAt(inputs, rank, axis).map((dim) => dim.units.length);
    return new Set(lengths.filter((length) => length !== 1)).size <= 1;
  });
  if (fits.includes(false)) {
    misfit('inputs of one shape', shapesOf(from, inputs), 'only an axis of 1 is stretched to the length of the others');
    return inputs.find((shape) => shape.length === rank)!;
  }
  return fits.map((_, axis) => {
    const own = alignedAt(inputs, rank, axis);
    const first = own.find((dim) => dim.units.length !== 1) ?? own[0]!;
    for (const dim of own)
      if (!dims.unify(first, dim)) dims.pin(dim, `${name} repeats it along a longer axis of another input`);
    return first;
  });
}

/** The Dims of the inputs that have an axis there, counted from the last one. */
function alignedAt(inputs: readonly Shape[], rank: number, axis: number): Dim[] {
  return inputs.flatMap((shape) => shape[axis - (rank - shape.length)] ?? []);
}

/** `left 3×4, right 5×4`, for messages. */
export function shapesOf(from: readonly string[], inputs: readonly Shape[]): string {
  return inputs.map((shape, k) => `${from[k]} ${showShape(shape)}`).join(', ');
}

function withRank(b: Builder, x: Value, rank: number): Value {
  const [batch, ...own] = x.type.shape;
  if (own.length === rank) return x;
  return b.reshape(x, [batch!, ...new Array<number>(rank - own.length).fill(1), ...own]);
}
