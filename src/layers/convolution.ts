import { type Dim, extents, type Shape } from '../ir/dims.js';
import { type Call, callOf, Type } from '../ir/kind.js';
import type { Ranges } from '../ir/ranges.js';
import type { UnitFact } from '../ir/units.js';
import { sizeOf } from '../program/program.js';
import type { Builder, Value } from '../program/builder.js';
import { activationOf, applyActivation } from './apply-activation.js';
import { activationFacts, lastAxisFacts, linearFacts, spreadFacts } from './facts.js';
import type { Axis } from '../ir/graph.js';
import {
  type AxisFacts,
  defineLayer,
  type FactsStep,
  type LayerKind,
  type ParamsStep,
  type RangesStep,
  reads,
  type ShapeStep,
  writes,
} from './layer.js';
import {
  asImage,
  asImageKernel,
  type Edges,
  edges,
  fromImage,
  pair,
  type PerAxis,
  perAxis,
  pictureOf,
  placesOf,
  type Rank,
  refuseStridesWithDilation,
  sidesOf,
  type Slide,
  spelledPerAxis,
  windowPlaces,
} from './windows.js';
import { activationRanges, linearRanges } from './ranges.js';

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

/** The axes of a kernel along which it slides. */
export function kernelWindow(kernelSize: PerAxis, rank: Rank, { fresh }: ParamsStep): Axis[] {
  const [height, width] = pair(kernelSize, rank);
  const plain = (size: number, part: string): Axis => ({ dim: fresh(size, part), role: 'plain' });
  return rank === 1 ? [plain(width, 'kernel steps')] : [plain(height, 'kernel rows'), plain(width, 'kernel columns')];
}

/** The schema of a layer's arguments that all convolutions have, in Keras' words. */
export const convolutionArguments = {
  filters: Type.Integer({
    minimum: 1,
    maximum: 10_000_000,
    width: true,
    description: 'Number of channels that it makes.',
  }),
  kernelSize: (rank: Rank) =>
    perAxis(rank, {
      examples: [3],
      description: rank === 1 ? 'Steps of the kernel.' : 'Extents of the kernel: 3, or [3, 5] for height and width.',
    }),
  strides: (rank: Rank) => perAxis(rank, { default: 1, description: 'By how much the kernel moves.' }),
  dilationRate: (rank: Rank) =>
    perAxis(rank, {
      default: 1,
      description: 'How far apart the taps of the kernel are; more than 1 with strides of 1 alone.',
    }),
  activation: callOf('activation', { default: 'linear', description: 'Applied to the weighted sum.' }),
  useBias: Type.Boolean({ default: true, description: 'Whether channels have a bias.' }),
  initializer: (what: string) =>
    callOf('initializer', { default: 'glorot_uniform', description: `How ${what} starts.` }),
  biasInitializer: callOf('initializer', { default: 'zeros', description: 'How the bias [channels] starts.' }),
};

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

/** Facts of a convolution whose kernel reads and writes units. */
export function convolutionFacts(
  { inputs: [x = []], outputShapes: [y = []], values, shapeOf }: FactsStep,
  options: {
    readonly activation: Call;
    readonly useBias: boolean;
    readonly padded: boolean;
    readonly groups?: number;
    /** Of the kernel. Absent: the last but one reads, the last writes. */
    readonly axes?: { readonly reads: number; readonly writes: number };
  },
): readonly AxisFacts[] {
  const { activation, useBias, padded, groups = 1 } = options;
  const shape = shapeOf('kernel')!;
  const { reads, writes } = options.axes ?? { reads: shape.length - 2, writes: shape.length - 1 };
  const last = linearFacts(x.at(-1) ?? [], {
    kernel: values('kernel'),
    shape,
    reads,
    writes,
    groups,
    bias: useBias ? values('bias') : undefined,
    padded,
  });
  return [spreadFacts(activationFacts(lastAxisFacts(y, last), activation))];
}

/** Ranges of a convolution whose kernel reads and writes units. Where it is padded, any place of the window may lie beside the image. */
export function convolutionRanges(at: RangesStep, options: Parameters<typeof convolutionFacts>[1]): readonly Ranges[] {
  const { activation, useBias, padded, groups = 1 } = options;
  const shape = at.shapeOf('kernel')!;
  const { reads, writes } = options.axes ?? { reads: shape.length - 2, writes: shape.length - 1 };
  const sums = linearRanges(at.inputs[0]!, {
    kernel: at.values('kernel'),
    shape,
    reads,
    writes,
    groups,
    bias: useBias ? at.values('bias') : undefined,
    padded,
  });
  return [activationRanges(sums, activation, at)];
}

/** Reports groups into which channels do not part, and gives a number into which they do. */
function groupsOf({ misfit }: ShapeStep, groups: number, channels: number, filters: number): number {
  if (channels % groups !== 0) misfit(`input channels that part into ${groups} groups`, `${channels} channels`);
  if (filters % groups !== 0) misfit(`filters that part into ${groups} groups`, `${filters} filters`);
  return channels % groups === 0 && filters % groups === 0 ? groups : 1;
}

/** Conv1D and Conv2D. */
export function convolution(keyword: string, summary: string, rank: Rank): LayerKind {
  return defineLayer({
    keyword,
    summary,
    cite: `Keras, keras.layers.${keyword}`,
    inputs: [1, 1],
    schema: Type.Object({
      filters: convolutionArguments.filters,
      kernel_size: convolutionArguments.kernelSize(rank),
      strides: convolutionArguments.strides(rank),
      padding: edges(rank, { causal: rank === 1 }),
      dilation_rate: convolutionArguments.dilationRate(rank),
      groups: Type.Integer({
        minimum: 1,
        default: 1,
        width: true,
        description: 'Into how many blocks channels part: filters of one read the channels of one.',
      }),
      activation: convolutionArguments.activation,
      use_bias: convolutionArguments.useBias,
      kernel_initializer: convolutionArguments.initializer(
        rank === 1
          ? 'the kernel [kernel_size, channels / groups, filters]'
          : 'the kernel [height, width, channels / groups, filters]',
      ),
      bias_initializer: convolutionArguments.biasInitializer,
    }),
    shape: (args, at) => {
      const { places, channels } = pictureOf(at, rank);
      const slide = kernelSlide(args, rank);
      refuseStridesWithDilation(at, slide);
      const groups = groupsOf(at, args.groups, channels.units.length, args.filters);
      const made = at.fresh(args.filters);
      if (groups > 1) at.dims.equalBlocks(at.name, 'group', groups, [channels, made]);
      return [[...windowPlaces(at, places, slide, rank), made]];
    },
    params: ({ kernel_size, groups, use_bias, kernel_initializer, bias_initializer }, [x], [y = []], at) => {
      const into = channelsOf(x, at);
      const out = y.at(-1)!;
      return {
        kernel: {
          axes: [
            ...kernelWindow(kernel_size, rank, at),
            reads(into, into.units.length % groups === 0 ? groups : 1),
            writes(out),
          ],
          initializer: kernel_initializer,
        },
        ...(use_bias && { bias: { axes: [writes(out)], initializer: bias_initializer } }),
      };
    },
    forward: (b, { arguments: args, inputs: [x], inputShapes: [shape = []], params: { kernel, bias } }) => {
      const slide = kernelSlide(args, rank);
      const sum = b.conv2d(asImage(b, x!, rank), asImageKernel(b, kernel!, rank), {
        strides: slide.strides,
        dilation: slide.dilation,
        padding: sidesOf(placesOf(shape, rank), slide),
        groups: args.groups,
      });
      return [finish(b, fromImage(b, sum, rank), bias, args.activation)];
    },
    unitwise: ({ activation }, _, [y = []]) => writtenApart(activation, y),
    pinReason: ({ activation }) => `${activation.word} mixes units`,
    facts: (args, at) => {
      const { activation, use_bias, groups } = args;
      return convolutionFacts(at, { activation, useBias: use_bias, padded: !isWhole(args), groups });
    },
    ranges: (args, at) => {
      const { activation, use_bias, groups } = args;
      return convolutionRanges(at, { activation, useBias: use_bias, padded: !isWhole(args), groups });
    },
    folds: isWhole,
    // A filter reads the channels of one group: a unit of another one cannot stand for them.
    gathers: (args) => !isWhole(args) && args.groups === 1,
    resize: ({ filters, groups, use_bias }, { outputs: [kept = []], needsBias }) => ({
      filters: kept.length,
      // Groups that went are those of which no filter is left.
      groups: new Set(kept.map((filter) => Math.floor((filter * groups) / filters))).size,
      ...(needsBias && !use_bias && { use_bias: true }),
    }),
    multiplyAdds: ({ kernel_size, groups }, [x = []], [y = []]) =>
      (sizeOf(extents(y)) * sizeOf(pair(kernel_size, rank)) * x.at(-1)!.units.length) / groups,
    spelling: {
      tfjs: ({ filters, groups, padding, ...args }, { name }) => {
        const rest = spelledConvolution(args, rank);
        // TensorFlow.js has no groups, and no causal padding.
        if (!rest || groups > 1 || padding === 'causal') return undefined;
        return [{ className: keyword, config: { filters, padding, ...rest, name } }];
      },
    },
  });
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

/** What is known of the channels that a depthwise kernel writes. */
export function depthwiseFacts(
  { inputs: [x = []], values, shapeOf }: FactsStep,
  tensor: string,
  options: { readonly padded: boolean; readonly bias?: ArrayLike<number> | undefined },
): readonly UnitFact[] {
  const shape = shapeOf(tensor)!;
  const channels = shape.at(-2)!;
  return linearFacts(x.at(-1) ?? [], {
    kernel: values(tensor),
    shape: [...shape.slice(0, -2), 1, channels * shape.at(-1)!],
    reads: shape.length - 2,
    writes: shape.length - 1,
    groups: channels,
    ...options,
  });
}

/** What the channels that a depthwise kernel writes can be. */
export function depthwiseRanges(
  { inputs: [x], values, shapeOf }: RangesStep,
  tensor: string,
  options: { readonly padded: boolean; readonly bias?: ArrayLike<number> | undefined },
): Ranges {
  const shape = shapeOf(tensor)!;
  const channels = shape.at(-2)!;
  return linearRanges(x!, {
    kernel: values(tensor),
    shape: [...shape.slice(0, -2), 1, channels * shape.at(-1)!],
    reads: shape.length - 2,
    writes: shape.length - 1,
    groups: channels,
    ...options,
  });
}

/** DepthwiseConv1D and DepthwiseConv2D. */
export function depthwiseConvolution(keyword: string, summary: string, rank: Rank): LayerKind {
  return defineLayer({
    keyword,
    summary,
    cite: `Keras, keras.layers.${keyword}`,
    inputs: [1, 1],
    schema: Type.Object({
      kernel_size: convolutionArguments.kernelSize(rank),
      strides: convolutionArguments.strides(rank),
      padding: edges(rank),
      depth_multiplier: depthMultiplier,
      dilation_rate: convolutionArguments.dilationRate(rank),
      activation: convolutionArguments.activation,
      use_bias: convolutionArguments.useBias,
      depthwise_initializer: convolutionArguments.initializer(
        rank === 1
          ? 'the kernel [kernel_size, channels, depth_multiplier]'
          : 'the kernel [height, width, channels, depth_multiplier]',
      ),
      bias_initializer: convolutionArguments.biasInitializer,
    }),
    shape: (args, at) => {
      const { places, channels } = pictureOf(at, rank);
      const slide = kernelSlide(args, rank);
      refuseStridesWithDilation(at, slide);
      return [[...windowPlaces(at, places, slide, rank), multiplied(at, channels, args.depth_multiplier)]];
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
    pinReason: ({ activation }) => `${activation.word} mixes units`,
    facts: (args, at) => {
      const [y = []] = at.outputShapes;
      const last = depthwiseFacts(at, 'kernel', {
        padded: !isWhole(args),
        bias: args.use_bias ? at.values('bias') : undefined,
      });
      return [spreadFacts(activationFacts(lastAxisFacts(y, last), args.activation))];
    },
    ranges: (args, at) => {
      const bias = args.use_bias ? at.values('bias') : undefined;
      const sums = depthwiseRanges(at, 'kernel', { padded: !isWhole(args), bias });
      return [activationRanges(sums, args.activation, at)];
    },
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
    dims.pin(made, `${name} makes ${count} of every channel`);
    dims.pin(channels, `all channels of ${name} are made of it`);
    return made;
  }
  const numbers = fresh(count, 'multiplier');
  dims.pin(numbers, `${name} makes ${count} of every channel`);
  return dims.product([channels, numbers], name, { together: true });
}

/** SeparableConv1D and SeparableConv2D. */
export function separableConvolution(keyword: string, summary: string, rank: Rank): LayerKind {
  return defineLayer({
    keyword,
    summary,
    cite: `Keras, keras.layers.${keyword}`,
    inputs: [1, 1],
    schema: Type.Object({
      filters: convolutionArguments.filters,
      kernel_size: convolutionArguments.kernelSize(rank),
      strides: convolutionArguments.strides(rank),
      padding: edges(rank),
      dilation_rate: convolutionArguments.dilationRate(rank),
      depth_multiplier: depthMultiplier,
      activation: convolutionArguments.activation,
      use_bias: convolutionArguments.useBias,
      depthwise_initializer: convolutionArguments.initializer(
        rank === 1
          ? 'the depthwise kernel [kernel_size, channels, depth_multiplier]'
          : 'the depthwise kernel [height, width, channels, depth_multiplier]',
      ),
      pointwise_initializer: convolutionArguments.initializer(
        rank === 1
          ? 'the pointwise kernel [1, channels · depth_multiplier, filters]'
          : 'the pointwise kernel [1, 1, channels · depth_multiplier, filters]',
      ),
      bias_initializer: convolutionArguments.biasInitializer,
    }),
    shape: (args, at) => {
      const { places, channels } = pictureOf(at, rank);
      const slide = kernelSlide(args, rank);
      refuseStridesWithDilation(at, slide);
      if (args.depth_multiplier > 1)
        at.dims.pin(channels, `${at.name} reads ${args.depth_multiplier} channels that it makes of each`);
      return [[...windowPlaces(at, places, slide, rank), at.fresh(args.filters)]];
    },
    params: (args, [x], [y = []], at) => {
      const channels = channelsOf(x, at);
      const out = y.at(-1)!;
      const ones = Array.from(
        { length: rank },
        (_, k): Axis => ({ dim: at.fresh(1, `pointwise ${k}`), role: 'plain' }),
      );
      const into: Axis =
        args.depth_multiplier === 1
          ? reads(channels)
          : { dim: at.fresh(channels.units.length * args.depth_multiplier, 'pointwise channels'), role: 'plain' };
      return {
        depthwise_kernel: { axes: depthwiseKernel(args, x, rank, at), initializer: args.depthwise_initializer },
        pointwise_kernel: { axes: [...ones, into, writes(out)], initializer: args.pointwise_initializer },
        ...(args.use_bias && { bias: { axes: [writes(out)], initializer: args.bias_initializer } }),
      };
    },
    forward: (b, { arguments: args, inputs: [x], inputShapes: [shape = []], params }) => {
      const between = depthwiseSum(b, x!, params.depthwise_kernel!, shape, args, rank);
      const [into, filters] = params.pointwise_kernel!.type.shape.slice(-2) as number[];
      // A convolution by a kernel of 1 is a matrix product of the channels.
      const sum = b.matmul(between, b.reshape(params.pointwise_kernel!, [into!, filters!]));
      return [finish(b, sum, params.bias, args.activation)];
    },
    unitwise: ({ activation }, _, [y = []]) => writtenApart(activation, y),
    pinReason: ({ activation }) => `${activation.word} mixes units`,
    facts: (args, at) => {
      const [y = []] = at.outputShapes;
      const shape = at.shapeOf('pointwise_kernel')!;
      const last = linearFacts(depthwiseFacts(at, 'depthwise_kernel', { padded: !isWhole(args) }), {
        kernel: at.values('pointwise_kernel'),
        shape,
        reads: shape.length - 2,
        writes: shape.length - 1,
        bias: args.use_bias ? at.values('bias') : undefined,
      });
      return [spreadFacts(activationFacts(lastAxisFacts(y, last), args.activation))];
    },
    ranges: (args, at) => {
      const shape = at.shapeOf('pointwise_kernel')!;
      const sums = linearRanges(depthwiseRanges(at, 'depthwise_kernel', { padded: !isWhole(args) }), {
        kernel: at.values('pointwise_kernel'),
        shape,
        reads: shape.length - 2,
        writes: shape.length - 1,
        bias: args.use_bias ? at.values('bias') : undefined,
      });
      return [activationRanges(sums, args.activation, at)];
    },
    // The pointwise kernel reads what the depthwise one makes of a channel.
    inside: (args, at) =>
      args.depth_multiplier === 1
        ? { reads: { pointwise_kernel: depthwiseFacts(at, 'depthwise_kernel', { padded: !isWhole(args) }) } }
        : {},
    folds: ({ depth_multiplier }) => (depth_multiplier === 1 ? { pointwise_kernel: 'bias' } : false),
    resize: ({ use_bias }, { outputs: [kept = []], needsBias }) => ({
      filters: kept.length,
      ...(needsBias && !use_bias && { use_bias: true }),
    }),
    multiplyAdds: ({ kernel_size, depth_multiplier, filters }, [x = []], [y = []]) =>
      sizeOf(extents(y.slice(0, -1))) *
      x.at(-1)!.units.length *
      depth_multiplier *
      (sizeOf(pair(kernel_size, rank)) + filters),
    spelling: {
      tfjs: ({ filters, padding, depth_multiplier, ...args }, { name }) => {
        const rest = spelledConvolution(args, rank);
        // TensorFlow.js has no SeparableConv1D.
        if (!rest || rank === 1) return undefined;
        return [{ className: keyword, config: { filters, padding, depth_multiplier, ...rest, name } }];
      },
    },
  });
}
