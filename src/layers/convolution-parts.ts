import type { Dim, Shape } from '../ir/dims.js';
import type { Axis } from '../ir/graph.js';
import { type Call, callOf, Type } from '../ir/kind.js';
import type { Ranges } from '../ir/ranges.js';
import type { UnitFact } from '../ir/units.js';
import type { Builder, Value } from '../program/builder.js';
import { activationOf, applyActivation } from './apply-activation.js';
import { activationFacts, lastAxisFacts, linearFacts, type LinearMap, spreadFacts } from './facts.js';
import type { AxisFacts, FactsStep, ParamsStep, RangesStep, ShapeStep } from './layer.js';
import { activationRanges, linearRanges } from './ranges.js';
import {
  type Edges,
  edges,
  pair,
  type PerAxis,
  perAxis,
  pictureOf,
  type Rank,
  refuseStridesWithDilation,
  type Slide,
  spelledPerAxis,
  windowPlaces,
} from './windows.js';

/** Arguments of every convolution. */
export interface WindowArguments {
  readonly kernel_size: PerAxis;
  readonly strides: PerAxis;
  readonly padding: Edges;
  readonly dilation_rate: PerAxis;
}

/** How the kernel of a convolution slides. */
export function kernelSlide({ kernel_size, strides, padding, dilation_rate }: WindowArguments, rank: Rank): Slide {
  return {
    size: pair(kernel_size, rank),
    strides: pair(strides, rank),
    dilation: pair(dilation_rate, rank),
    edges: padding,
  };
}

/** The places at which a kernel meets a series or an image, and the channels that it reads there. Reports what does not fit. */
export function slidOver(
  at: ShapeStep,
  args: WindowArguments,
  rank: Rank,
): { readonly places: Shape; readonly channels: Dim } {
  const { places, channels } = pictureOf(at, rank);
  const slide = kernelSlide(args, rank);
  refuseStridesWithDilation(at, slide);
  return { places: windowPlaces(at, places, slide, rank), channels };
}

/** The axes of a kernel along which it slides. */
export function kernelWindow(kernelSize: PerAxis, rank: Rank, { fresh }: ParamsStep): Axis[] {
  const [height, width] = pair(kernelSize, rank);
  const plain = (size: number, part: string): Axis => ({ dim: fresh(size, part), role: 'plain' });
  return rank === 1 ? [plain(width, 'kernel steps')] : [plain(height, 'kernel rows'), plain(width, 'kernel columns')];
}

/** Arguments that say how the kernel of a convolution slides, in Keras' words and order; `strides`: what they are for, where that is another thing. */
export function windowArguments(rank: Rank, options: { readonly causal?: boolean; readonly strides?: string } = {}) {
  const { causal = false, strides = 'By how much the kernel moves.' } = options;
  return {
    kernel_size: perAxis(rank, {
      examples: [3],
      description: rank === 1 ? 'Steps of the kernel.' : 'Extents of the kernel: 3, or [3, 5] for height and width.',
    }),
    strides: perAxis(rank, { default: 1, description: strides }),
    padding: edges(rank, { causal }),
  };
}

/** The argument `dilation_rate`; Keras puts some of the layers' own between it and the window's. */
export function dilationRate(rank: Rank) {
  return perAxis(rank, {
    default: 1,
    description: 'How far apart the taps of the kernel are; more than 1 with strides of 1 alone.',
  });
}

/** The number of channels that a convolution makes. */
export const filters = Type.Integer({
  minimum: 1,
  maximum: 10_000_000,
  width: true,
  description: 'Number of channels that it makes.',
});

/** What is done with the weighted sum. */
export const sumArguments = {
  activation: callOf('activation', { default: 'linear', description: 'Applied to the weighted sum.' }),
  use_bias: Type.Boolean({ default: true, description: 'Whether channels have a bias.' }),
};

/** How a kernel starts: its name and its axes. */
export function kernelInitializer(what: string) {
  return callOf('initializer', { default: 'glorot_uniform', description: `How ${what} starts.` });
}

export const biasInitializer = callOf('initializer', {
  default: 'zeros',
  description: 'How the bias [channels] starts.',
});

/** The channels that a layer reads; of a scalar, which was reported, one. */
export function channelsOf(x: Shape | undefined, { fresh }: ParamsStep): Dim {
  return x?.at(-1) ?? fresh(1, 'channels');
}

/** Whether all that the layer adds up is there at every position: no zeros beside it. */
export function isWhole({ padding }: { readonly padding: Edges }): boolean {
  return padding === 'valid';
}

/** Adds the bias and applies the activation. */
export function finish(b: Builder, sum: Value, bias: Value | undefined, activation: Call): Value {
  return applyActivation(b, bias ? b.add(sum, bias) : sum, activation);
}

/** The channels that a layer writes, where its activation treats them apart. */
export function writtenApart(activation: Call, output: Shape = []): readonly Dim[] {
  return activationOf(activation).unitwise ? output.slice(-1) : [];
}

/** How a kernel reads and writes units, beside its weights. */
export interface KernelOptions {
  readonly useBias?: boolean;
  /** Zeros may stand beside the input. */
  readonly padded?: boolean;
  readonly groups?: number;
  /** Of the kernel. Absent: the last but one reads, the last writes. */
  readonly axes?: { readonly reads: number; readonly writes: number };
}

/** A kernel as the map of units that it is. */
export function kernelMap(
  { values, shapeOf }: Pick<FactsStep, 'values' | 'shapeOf'>,
  tensor: string,
  { useBias = false, padded = false, groups = 1, axes }: KernelOptions,
): LinearMap {
  const shape = shapeOf(tensor)!;
  const { reads, writes } = axes ?? { reads: shape.length - 2, writes: shape.length - 1 };
  return { kernel: values(tensor), shape, reads, writes, groups, bias: useBias ? values('bias') : undefined, padded };
}

/** Facts of what a convolution gives whose sums of units are known. */
export function finishedFacts(
  { outputShapes: [y = []] }: FactsStep,
  sums: readonly UnitFact[],
  activation: Call,
): readonly AxisFacts[] {
  return [spreadFacts(activationFacts(lastAxisFacts(y, sums), activation))];
}

/** Facts of a convolution whose `kernel` reads and writes units. */
export function convolutionFacts(at: FactsStep, activation: Call, options: KernelOptions): readonly AxisFacts[] {
  const [x = []] = at.inputs;
  return finishedFacts(at, linearFacts(x.at(-1) ?? [], kernelMap(at, 'kernel', options)), activation);
}

/** Ranges of a convolution whose `kernel` reads and writes units. Where it is padded, any place of the window may lie beside the image. */
export function convolutionRanges(at: RangesStep, activation: Call, options: KernelOptions): readonly Ranges[] {
  return [activationRanges(linearRanges(at.inputs[0]!, kernelMap(at, 'kernel', options)), activation, at)];
}

/** What all convolutions are given in TensorFlow.js; undefined where it does not have the activation. */
export function spelledConvolution(
  args: {
    readonly kernel_size: PerAxis;
    readonly strides: PerAxis;
    readonly dilation_rate: PerAxis;
    readonly activation: Call;
    readonly use_bias: boolean;
  },
  rank: Rank,
): Readonly<Record<string, unknown>> | undefined {
  const { kernel_size, strides, dilation_rate, activation, use_bias } = args;
  const spelled = activationOf(activation).spelling.tfjs?.(activation.arguments);
  if (!spelled) return undefined;
  return {
    kernel_size: spelledPerAxis(kernel_size, rank),
    strides: spelledPerAxis(strides, rank),
    dilation_rate: spelledPerAxis(dilation_rate, rank),
    data_format: 'channels_last',
    activation: spelled,
    use_bias,
    trainable: true,
    dtype: 'float32',
  };
}
