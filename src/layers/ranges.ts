import { extents, type Shape } from '../ir/dims.js';
import type { Call } from '../ir/kind.js';
import { between, type Ranges, unbounded } from '../ir/ranges.js';
import { sizeOf } from '../program/program.js';

import { activationOf, applyActivation } from './apply-activation.js';
import { inFloat64, type LinearMap, placesOfWeights } from './facts.js';
import type { RangesStep } from './layer.js';

/**
 * Interval analysis (Moore 1966, Interval Analysis, chapter 3): what the units of a layer can be, given what those of its inputs can be.
 *
 * The ranges hold for what an engine computes in float32, not only for real numbers, so that a unit that is found never to fire does not fire by rounding, either. They
 * are computed in float64 and then widened by more than all roundings can do. A sum of n float32 products, added up in any order, is off by at most
 * n u / (1 - n u) times the sum of its terms' sizes, u = 2^-24 (Higham 2002, Accuracy and Stability of Numerical Algorithms, section 3.1 and 4.2). A term t is at
 * most t_high, so that the sum is at most the sum of (t_high + g |t_high|): the sizes of the upper ends count for the upper end, those of the lower ends for the lower one.
 * A sum of terms that are all at most 0 is thus at most 0, which holds in any arithmetic, and one that could be 0 by more than one way of adding is not proven to be.
 */

/** Twice the unit roundoff of float32: it makes up for 1 - n u, and for the roundings of this computation itself, which are of float64. */
const ROUNDOFF = 2 ** -23;
/** The smallest normal number of float32: a product below it may be lost altogether. */
const SMALLEST = 2 ** -126;
/** A relative bound on what engines' exponentials, logarithms and quotients are off by in float32; they keep well within it. */
const FUNCTION_ERROR = 2 ** -18;
/** Beyond this a float32 is infinite, and nothing is known of what is computed from it. */
const LARGEST = 3.4e38;

/** What is left of ranges once everything that float32 cannot hold is told to be anything. */
function settled(low: Float64Array, high: Float64Array): Ranges {
  for (let unit = 0; unit < low.length; unit++) {
    // Neither comparison holds for NaN.
    if (!(low[unit]! >= -LARGEST && low[unit]! <= LARGEST)) low[unit] = Number.NEGATIVE_INFINITY;
    if (!(high[unit]! >= -LARGEST && high[unit]! <= LARGEST)) high[unit] = Number.POSITIVE_INFINITY;
  }
  return { low, high };
}

/** How far `terms` float32 terms, which have this size together, can be off once they are added up. Nothing is lost of terms that are 0. */
function spread(size: number, terms: number): number {
  if (size === 0) return 0;
  // So many terms are beyond what the bound holds for.
  if (terms > 2 ** 22) return Number.POSITIVE_INFINITY;
  return size * ROUNDOFF * (terms + 2) + terms * SMALLEST;
}

/** What a linear map writes. `map.padded`: zeros may stand in the place of any input. */
export function linearRanges(input: Ranges, map: LinearMap): Ranges {
  const { kernel, bias, padded = false } = map;
  const { columns, columnStride, planes, rowOf } = placesOfWeights(map);
  const [low, high] = [new Float64Array(columns), new Float64Array(columns)];
  const [lowSize, highSize] = [new Float64Array(columns), new Float64Array(columns)];
  const terms = new Int32Array(columns);
  for (let unit = 0; unit < input.low.length; unit++) {
    const least = padded ? Math.min(0, input.low[unit]!) : input.low[unit]!;
    const most = padded ? Math.max(0, input.high[unit]!) : input.high[unit]!;
    if (least === 0 && most === 0) continue;
    const { row, first, end } = rowOf(unit);
    for (const plane of planes)
      for (let column = first; column < end; column++) {
        const weight = kernel[row + column * columnStride + plane]!;
        if (weight === 0) continue;
        const lower = weight * (weight > 0 ? least : most);
        const upper = weight * (weight > 0 ? most : least);
        low[column]! += lower;
        high[column]! += upper;
        lowSize[column]! += Math.abs(lower);
        highSize[column]! += Math.abs(upper);
        terms[column]! += 1;
      }
  }
  for (let column = 0; column < columns; column++) {
    const offset = bias?.[column] ?? 0;
    low[column] = low[column]! + offset - spread(lowSize[column]! + Math.abs(offset), terms[column]! + 1);
    high[column] = high[column]! + offset + spread(highSize[column]! + Math.abs(offset), terms[column]! + 1);
  }
  return settled(low, high);
}

/** What scale · x + offset is, by unit, where these are known but for their last bits. */
export function scaledRanges(
  { low, high }: Ranges,
  of: (unit: number) => { readonly scale: number; readonly offset: number; readonly shift?: number },
): Ranges {
  const [lower, upper] = [new Float64Array(low.length), new Float64Array(low.length)];
  for (let unit = 0; unit < low.length; unit++) {
    const { scale, offset, shift = 0 } = of(unit);
    // scale · (x - shift) + offset: what is computed of shift is as large as what is computed of x.
    const end = (x: number) => (scale === 0 ? 0 : scale * (x - shift));
    const size = (x: number) =>
      (scale === 0 ? 0 : Math.abs(scale) * (Math.abs(x) + Math.abs(shift))) + Math.abs(offset);
    const [least, most] = scale >= 0 ? [low[unit]!, high[unit]!] : [high[unit]!, low[unit]!];
    lower[unit] = end(least) + offset - spread(size(least), 16);
    upper[unit] = end(most) + offset + spread(size(most), 16);
  }
  return settled(lower, upper);
}

/** What an activation makes of units. Told to `at`, where somebody wants to know what it was given. */
export function activationRanges(input: Ranges, call: Call, at?: Pick<RangesStep, 'activated'>): Ranges {
  at?.activated(input, call);
  const kind = activationOf(call);
  const [least, most] = kind.bounds?.(call.arguments) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const size = input.low.length;
  const monotone = kind.monotone?.(call.arguments);
  if (!monotone) return between(size, least, most);
  const f = inFloat64((b, x) => applyActivation(b, x, call));
  // Large, but none whose square is infinite.
  const ends = [...input.low, ...input.high].map((x) => Math.min(1e150, Math.max(-1e150, x)));
  const values = f(ends);
  // What it adds to x, or multiplies with, is as large as its arguments and 1.
  const scale = Object.values(call.arguments).reduce(
    (sum: number, one) => sum + (typeof one === 'number' ? Math.abs(one) : 0),
    1,
  );
  const error = (place: number) =>
    monotone === 'exact' ? 0 : FUNCTION_ERROR * (Math.abs(values[place]!) + Math.abs(ends[place]!) + scale);
  const [low, high] = [new Float64Array(size), new Float64Array(size)];
  for (let unit = 0; unit < size; unit++) {
    low[unit] = Math.max(least, values[unit]! - error(unit));
    high[unit] = Math.min(most, values[size + unit]! + error(size + unit));
  }
  return settled(low, high);
}

/** The ranges of the units of the last axis of a tensor that holds the same elements in the same order, with other extents. */
export function reshapedRanges({ low, high }: Ranges, from: Shape, to: readonly number[]): Ranges {
  const width = to.at(-1) ?? 1;
  const size = sizeOf(extents(from));
  const lower = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
  const upper = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
  for (let element = 0; element < size; element++) {
    const [unit, there] = [element % low.length, element % width];
    lower[there] = Math.min(lower[there]!, low[unit]!);
    upper[there] = Math.max(upper[there]!, high[unit]!);
  }
  return { low: lower, high: upper };
}

/** Whatever unit it is: the range of all of them, for `size` units. */
export function mixedRanges({ low, high }: Ranges, size: number): Ranges {
  if (low.length === 0) return unbounded(size);
  const least = low.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = high.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return between(size, least, most);
}

/** Ranges of tensors joined along their last axis. */
export function joinedRanges(parts: readonly Ranges[]): Ranges {
  const all = (of: (part: Ranges) => Float64Array) => Float64Array.from(parts.flatMap((part) => [...of(part)]));
  return { low: all(({ low }) => low), high: all(({ high }) => high) };
}

/** The ranges that hold whichever of several tensors a unit is from. */
export function unitedRanges(parts: readonly Ranges[]): Ranges {
  const [first] = parts;
  return {
    low: first!.low.map((_, unit) => Math.min(...parts.map(({ low }) => low[unit]!))),
    high: first!.high.map((_, unit) => Math.max(...parts.map(({ high }) => high[unit]!))),
  };
}

/** Ranges of a mean over `count` elements of each unit. */
export function meanRanges(input: Ranges, count: number): Ranges {
  const widened = (end: Float64Array, sign: 1 | -1) => end.map((x) => x + sign * spread(Math.abs(x), count + 1));
  return settled(widened(input.low, -1), widened(input.high, 1));
}

/**
 * Ranges of a function of elements of several tensors that broadcast as NumPy does, by the ends of its operands: `f` gives the least and the largest result, and
 * their sizes, which roundings are in proportion to; see `spread`.
 */
export function combinedRanges(
  inputs: readonly Ranges[],
  size: number,
  f: (low: readonly number[], high: readonly number[]) => readonly [low: number, high: number],
  rounded: (low: readonly number[], high: readonly number[]) => readonly [low: number, high: number] = () => [0, 0],
): Ranges {
  const [lower, upper] = [new Float64Array(size), new Float64Array(size)];
  for (let unit = 0; unit < size; unit++) {
    const at = (end: Float64Array) => end[end.length === 1 ? 0 : unit]!;
    const [low, high] = [inputs.map((one) => at(one.low)), inputs.map((one) => at(one.high))];
    const [least, most] = f(low, high);
    const [lowSize, highSize] = rounded(low, high);
    lower[unit] = least - spread(lowSize, inputs.length + 1);
    upper[unit] = most + spread(highSize, inputs.length + 1);
  }
  return settled(lower, upper);
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/** How large numbers are together, whatever their signs. */
export function sizes(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + Math.abs(one), 0);
}

/** The range of a product: an infinite factor times 0 is 0, since no number is infinite. */
export function productRange(low: readonly number[], high: readonly number[]): readonly [low: number, high: number] {
  const times = (a: number, b: number) => (a === 0 || b === 0 ? 0 : a * b);
  return low.reduce<readonly [number, number]>(
    ([least, most], own, k) => {
      const ends = [times(least, own), times(least, high[k]!), times(most, own), times(most, high[k]!)];
      return [Math.min(...ends), Math.max(...ends)];
    },
    [1, 1],
  );
}
