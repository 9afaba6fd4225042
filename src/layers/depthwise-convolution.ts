import { type Dim, extents, type Shape } from '../ir/dims.js';
import type { Axis } from '../ir/graph.js';
import { Type } from '../ir/kind.js';
import type { Ranges } from '../ir/ranges.js';
import type { UnitFact } from '../ir/units.js';
import type { Builder, Value } from '../program/builder.js';
import { sizeOf } from '../program/program.js';
import { activationOf } from './apply-activation.js';
import {
  biasInitializer,
  channelsOf,
  dilationRate,
  finish,
  finishedFacts,
  isWhole,
  kernelInitializer,
  kernelMap,
  type KernelOptions,
  kernelSlide,
  kernelWindow,
  slidOver,
  spelledConvolution,
  sumArguments,
  type WindowArguments,
  windowArguments,
} from './convolution-parts.js';
import { linearFacts, type LinearMap } from './facts.js';
import {
  defineLayer,
  type FactsStep,
  type LayerKind,
  type ParamsStep,
  type RangesStep,
  type ShapeStep,
  writes,
  looksAtAll,
} from './layer.js';
import { activationRanges, linearRanges } from './ranges.js';
import { asImage, fromImage, pair, placesOf, type Rank, sidesOf } from './windows.js';

/** What DepthwiseConv1D and DepthwiseConv2D, and the first half of SeparableConv1D and SeparableConv2D, are given. */
export interface DepthwiseArguments extends WindowArguments {
  readonly depth_multiplier: number;
}

export const depthMultiplier = Type.Integer({
  minimum: 1,
  maximum: 10_000,
  default: 1,
  width: true,
  description: 'How many channels it makes of every channel.',
});

/**
 * The axes of a depthwise kernel [.., channels, depth_multiplier], and the channels that come out: those of the input, or products of a channel and one of
 * `depth_multiplier` numbers, that stay.
 */
export function depthwiseKernel(args: DepthwiseArguments, x: Shape | undefined, rank: Rank, at: ParamsStep): Axis[] {
  const multiplier = at.fresh(args.depth_multiplier, 'kernel multiplier');
  return [
    ...kernelWindow(args.kernel_size, rank, at),
    { dim: channelsOf(x, at), role: 'plain' },
    { dim: multiplier, role: 'plain' },
  ];
}

/** Every channel by kernels of its own: a convolution of as many groups as there are channels. */
export function depthwiseSum(
  b: Builder,
  x: Value,
  kernel: Value,
  shape: Shape,
  args: DepthwiseArguments,
  rank: Rank,
): Value {
  const slide = kernelSlide(args, rank);
  const [height, width] = slide.size;
  const channels = shape.at(-1)!.units.length;
  const sum = b.conv2d(asImage(b, x, rank), b.reshape(kernel, [height, width, 1, channels * args.depth_multiplier]), {
    strides: slide.strides,
    dilation: slide.dilation,
    padding: sidesOf(placesOf(shape, rank), slide),
    groups: channels,
  });
  return fromImage(b, sum, rank);
}

type DepthwiseOptions = Pick<KernelOptions, 'useBias' | 'padded'>;

/** A depthwise kernel as the map of units that it is: every channel writes those that are made of it. */
function depthwiseMap(at: Pick<FactsStep, 'values' | 'shapeOf'>, tensor: string, options: DepthwiseOptions): LinearMap {
  const shape = at.shapeOf(tensor)!;
  const [channels, multiplier] = shape.slice(-2) as [number, number];
  const grouped = [...shape.slice(0, -2), 1, channels * multiplier];
  return { ...kernelMap(at, tensor, { ...options, groups: channels }), shape: grouped };
}

/** What is known of the channels that a depthwise kernel writes. */
export function depthwiseFacts(at: FactsStep, tensor: string, options: DepthwiseOptions): readonly UnitFact[] {
  return linearFacts(at.inputs[0]?.at(-1) ?? [], depthwiseMap(at, tensor, options));
}

/** What the channels that a depthwise kernel writes can be. */
export function depthwiseRanges(at: RangesStep, tensor: string, options: DepthwiseOptions): Ranges {
  return linearRanges(at.inputs[0]!, depthwiseMap(at, tensor, options));
}

function optionsOf(args: DepthwiseArguments & { readonly use_bias: boolean }): DepthwiseOptions {
  return { useBias: args.use_bias, padded: !isWhole(args) };
}

/** DepthwiseConv1D and DepthwiseConv2D. */
export function depthwiseConvolution(keyword: string, summary: string, rank: Rank): LayerKind {
  return defineLayer({
    keyword,
    summary,
    cite: `Keras, keras.layers.${keyword}`,
    inputs: [1, 1],
    schema: Type.Object({
      ...windowArguments(rank),
      depth_multiplier: depthMultiplier,
      dilation_rate: dilationRate(rank),
      ...sumArguments,
      depthwise_initializer: kernelInitializer(
        rank === 1
          ? 'the kernel [kernel_size, channels, depth_multiplier]'
          : 'the kernel [height, width, channels, depth_multiplier]',
      ),
      bias_initializer: biasInitializer,
    }),
    shape: (args, at) => {
      const { places, channels } = slidOver(at, args, rank);
      return [[...places, multiplied(at, channels, args.depth_multiplier)]];
    },
    params: (args, [x], [y = []], at) => ({
      kernel: { axes: depthwiseKernel(args, x, rank, at), initializer: args.depthwise_initializer },
      ...(args.use_bias && { bias: { axes: [writes(y.at(-1)!)], initializer: args.bias_initializer } }),
    }),
    forward: (b, { arguments: args, inputs: [x], inputShapes: [shape = []], params: { kernel, bias } }) => [
      finish(b, depthwiseSum(b, x!, kernel!, shape, args, rank), bias, args.activation),
    ],
    unitwise: ({ activation }, [x = []], [y = []]) =>
      activationOf(activation).unitwise ? [...x.slice(-1), ...y.slice(-1)] : [],
    pinReason: ({ activation }) => looksAtAll(activation.word),
    facts: (args, at) => finishedFacts(at, depthwiseFacts(at, 'kernel', optionsOf(args)), args.activation),
    ranges: (args, at) => [activationRanges(depthwiseRanges(at, 'kernel', optionsOf(args)), args.activation, at)],
    multiplyAdds: ({ kernel_size }, _, [y = []]) => sizeOf(extents(y)) * sizeOf(pair(kernel_size, rank)),
    spelling: {
      tfjs: ({ padding, depth_multiplier, ...args }, { name }) => {
        const rest = spelledConvolution(args, rank);
        // TensorFlow.js has no DepthwiseConv1D, and its DepthwiseConv2D takes no notice of dilation_rate.
        if (!rest || rank === 1 || Math.max(...pair(args.dilation_rate, rank)) > 1) return undefined;
        return [
          {
            className: keyword,
            config: { padding, depth_multiplier, ...rest, name },
            weights: { kernel: 'depthwise_kernel' },
          },
        ];
      },
    },
  });
}

/** `count` channels of every channel, side by side: a channel goes with all that are made of it. */
function multiplied({ name, dims, fresh }: ShapeStep, channels: Dim, count: number): Dim {
  if (count === 1) return channels;
  if (channels.units.length === 1) {
    const made = fresh(count);
    dims.pin(made, `${name} makes ${count} channels of every one that it reads, and they stay or go together`);
    dims.pin(channels, `all channels of ${name} are made of this one`);
    return made;
  }
  const numbers = fresh(count, 'multiplier');
  dims.pin(numbers, `${name} makes ${count} channels of every one that it reads, and they stay or go together`);
  return dims.product([channels, numbers], name, { together: true });
}
