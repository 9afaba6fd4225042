import { type Dim, extents, type Shape, showShape } from '../ir/dims.js';
import { Type } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';
import { lastAxisFacts, spreadFacts } from './facts.js';
import type { AxisFacts, FactsStep, ShapeStep } from './layer.js';

/**
 * What layers over series [steps, channels] and images [height, width, channels] share: convolution, pooling, padding, cropping, upsampling. A series is
 * an image of height 1. Channels are units; places along the other axes are not: they stay.
 */
export type Rank = 1 | 2;

/** How a window meets the edges: `same` and `causal` put zeros around, `valid` puts none. */
export type Edges = 'valid' | 'same' | 'causal';

/** (height, width). */
export type Pair = readonly [number, number];

/** [top, bottom, left, right]. */
export type Sides = readonly [number, number, number, number];

/** A number for every axis that a window slides along: a whole number, or a list of two for an image. */
export type PerAxis = number | readonly number[];

interface PerAxisOptions {
  readonly description: string;
  readonly default?: number;
  readonly minimum?: number;
  readonly absent?: string;
  readonly examples?: readonly unknown[];
}

/** The largest extent of a window, a stride or a padding that an argument takes. */
const LARGEST = 100_000;

/** An argument that is one whole number for a series, and one or two for an image: `3` is `[3, 3]`. */
export function perAxis(rank: Rank, options: PerAxisOptions) {
  const { minimum = 1, ...rest } = options;
  const one = { type: 'integer', minimum, maximum: LARGEST };
  if (rank === 1) return Type.Unsafe<PerAxis>({ ...one, ...rest });
  return Type.Unsafe<PerAxis>({
    anyOf: [one, { type: 'array', items: one, minItems: 2, maxItems: 2 }],
    ...rest,
  });
}

/** An argument `padding` of one of the ways in which a window meets the edges. */
export function edges(rank: Rank, options: { readonly causal?: boolean } = {}) {
  const words: Edges[] = options.causal ? ['valid', 'same', 'causal'] : ['valid', 'same'];
  const what = rank === 1 ? 'steps' : 'places';
  return Type.Unsafe<Edges>({
    type: 'string',
    enum: words,
    default: 'valid',
    description:
      `valid: windows lie inside. same: zeros around, so that with strides of 1 there are as many ${what} as before.` +
      (options.causal ? ' causal: zeros before, so that no step sees a later one.' : ''),
  });
}

/** What was given for every axis of an image, where that of a series has the value `along` across. */
export function pair(value: PerAxis, rank: Rank, across = 1): Pair {
  if (typeof value !== 'number') return [value[0]!, value[1]!];
  return [rank === 1 ? across : value, value];
}

/** How windows slide over an image. */
export interface Slide {
  readonly size: Pair;
  readonly strides: Pair;
  readonly dilation: Pair;
  readonly edges: Edges;
}

/** How far apart the first and the last tap of a window are, counted with both. */
export function reach(size: number, dilation: number): number {
  return (size - 1) * dilation + 1;
}

/** How many windows there are along every axis; 0 where none fits. As TensorFlow counts them. */
export function countWindows(image: Pair, { size, strides, dilation, edges }: Slide): Pair {
  const along = (axis: 0 | 1) => {
    const room = edges === 'valid' ? image[axis] - reach(size[axis], dilation[axis]) + 1 : image[axis];
    return Math.max(0, Math.ceil(room / strides[axis]));
  };
  return [along(0), along(1)];
}

/** The zeros around an image, as TensorFlow places them: an odd one goes behind. Causal: all before. */
export function sidesOf(image: Pair, slide: Slide): Sides {
  if (slide.edges === 'valid') return [0, 0, 0, 0];
  const count = countWindows(image, slide);
  const along = (axis: 0 | 1): Pair => {
    const wide = reach(slide.size[axis], slide.dilation[axis]);
    if (slide.edges === 'causal') return [wide - 1, 0];
    const all = Math.max(0, (count[axis] - 1) * slide.strides[axis] + wide - image[axis]);
    return [Math.floor(all / 2), Math.ceil(all / 2)];
  };
  return [...along(0), ...along(1)];
}

/** (height, width) of a series or an image. */
export function placesOf(shape: Shape, rank: Rank): Pair {
  const [first = 1, second = 1] = extents(shape);
  return rank === 1 ? [1, first] : [first, second];
}

/** A series or an image as the input of a layer, with its channels. */
export interface Picture {
  readonly places: Pair;
  readonly channels: Dim;
}

/** The input as a series or an image. Reports another number of axes, and takes it for what it most likely should be. Its places stay. */
export function pictureOf({ inputs: [x = []], name, dims, fresh, misfit }: ShapeStep, rank: Rank): Picture {
  for (const dim of x.slice(0, rank)) dims.pin(dim, `${name} slides along this axis, and its places are never removed`);
  if (x.length === rank + 1) return { places: placesOf(x, rank), channels: x[rank]! };
  const likely = likelyPicture(extents(x), rank);
  const written = likely.join(', ');
  const fits = likely.reduce((product, extent) => product * extent, 1) === sizeOfShape(x);
  misfit(
    rank === 1 ? 'an input [steps, channels]' : 'an input [height, width, channels]',
    x.length === 0 ? 'a scalar per row' : `${showShape(x)} (${x.length === 1 ? 'one axis' : `${x.length} axes`})`,
    fits ? `put \`Reshape(${written})\` before it, or begin with \`Input(${written})\`` : undefined,
  );
  const channels = likely.at(-1)!;
  const kept = x.at(-1)?.units.length === channels ? x.at(-1)! : fresh(channels, 'channels');
  return { places: rank === 1 ? [1, likely[0]!] : [likely[0]!, likely[1]!], channels: kept };
}

function sizeOfShape(shape: Shape): number {
  return extents(shape).reduce((product, extent) => product * extent, 1);
}

/** The series or image that numbers of other extents most likely are. */
function likelyPicture(from: readonly number[], rank: Rank): readonly number[] {
  if (from.length > rank + 1) return [...from.slice(0, rank), from.at(-1)!];
  if (rank === 1) return [from[0] ?? 1, 1];
  if (from.length === 2) return [from[0]!, from[1]!, 1];
  const count = from[0] ?? 1;
  for (const channels of [1, 3]) {
    const side = Math.sqrt(count / channels);
    if (Number.isInteger(side)) return [side, side, channels];
  }
  return [count, 1, 1];
}

/** The axes of an output along which a layer goes; they are no units and stay. */
export function placeAxes({ name, dims, fresh, misfit }: ShapeStep, [height, width]: Pair, rank: Rank): Dim[] {
  const named: [number, string][] =
    rank === 1
      ? [[width, 'steps']]
      : [
          [height, 'rows'],
          [width, 'columns'],
        ];
  return named.map(([extent, part]) => {
    if (extent > MOST_PLACES)
      misfit(`at most ${MOST_PLACES.toLocaleString('en')} ${part}`, extent.toLocaleString('en'));
    const axis = fresh(Math.min(Math.max(1, extent), MOST_PLACES), part);
    dims.pin(axis, `${name} makes these ${part}, and ${part} are never removed`);
    return axis;
  });
}

/** More than anything that fits into memory is. */
const MOST_PLACES = 1_000_000;

/** The places of windows; reports where no window fits. */
export function windowPlaces(at: ShapeStep, image: Pair, slide: Slide, rank: Rank, what = 'kernel'): Dim[] {
  const count = countWindows(image, slide);
  if (count.some((one) => one === 0)) {
    const wide = ([0, 1] as const).map((axis) => reach(slide.size[axis], slide.dilation[axis]));
    const dilated = slide.dilation.some((one) => one > 1) ? ` (dilated to ${shown(wide, rank)})` : '';
    at.misfit(
      `a ${what} no larger than its input`,
      `a ${what} of ${shown(slide.size, rank)}${dilated} on an input of ${shown(image, rank)}`,
      'use `padding: same`, a smaller one, or fewer poolings before it',
    );
  }
  return placeAxes(at, count, rank);
}

function shown(pair: readonly number[], rank: Rank): string {
  return rank === 1 ? `${pair[1]} steps` : `${pair[0]}×${pair[1]}`;
}

/** Reports what Keras refuses: windows whose taps lie apart, and which move by more than one. */
export function refuseStridesWithDilation({ misfit }: ShapeStep, { strides, dilation }: Slide): void {
  if (Math.max(...strides) > 1 && Math.max(...dilation) > 1)
    misfit('`strides: 1` where `dilation_rate` is more than 1', `strides of ${Math.max(...strides)}`);
}

/** [batch, steps, channels] as [batch, 1, steps, channels]; an image as it is. */
export function asImage(b: Builder, x: Value, rank: Rank): Value {
  if (rank === 2) return x;
  const [batch, steps, channels] = x.type.shape;
  return b.reshape(x, [batch!, 1, steps!, channels!]);
}

/** As TensorFlow.js takes it: a number for a series, two for an image. */
export function spelledPerAxis(value: PerAxis, rank: Rank): number | readonly number[] {
  return rank === 1 && typeof value === 'number' ? value : [...pair(value, rank)];
}

/** The inverse of `asImage`. */
export function fromImage(b: Builder, y: Value, rank: Rank): Value {
  if (rank === 2) return y;
  const [batch, , steps, channels] = y.type.shape;
  return b.reshape(y, [batch!, steps!, channels!]);
}

/** A kernel [steps, …] as [1, steps, …]; one of an image as it is. */
export function asImageKernel(b: Builder, kernel: Value, rank: Rank): Value {
  return rank === 2 ? kernel : b.reshape(kernel, [1, ...kernel.type.shape]);
}

/** Facts of a layer that hands every channel on as it is, wherever it comes from: a constant channel stays what it is. */
export function channelsPass({ inputs: [x = []], outputShapes: [y = []] }: FactsStep): readonly AxisFacts[] {
  return [spreadFacts(lastAxisFacts(y, x.at(-1) ?? []))];
}

/** Facts of a layer that puts zeros around: only what is zero stays what it is. */
export function zeroChannelsPass({ inputs: [x = []], outputShapes: [y = []] }: FactsStep): readonly AxisFacts[] {
  const last = (x.at(-1) ?? []).map((fact) => (fact === 'zero' ? fact : 'varies'));
  return [spreadFacts(lastAxisFacts(y, last))];
}
