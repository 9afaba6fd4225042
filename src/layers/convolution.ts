import { extents } from '../ir/dims.js';
import { Type } from '../ir/kind.js';
import { sizeOf } from '../program/program.js';
import {
  biasInitializer,
  channelsOf,
  convolutionFacts,
  convolutionRanges,
  dilationRate,
  filters,
  finish,
  isWhole,
  kernelInitializer,
  kernelSlide,
  kernelWindow,
  slidOver,
  spelledConvolution,
  sumArguments,
  windowArguments,
  writtenApart,
} from './convolution-parts.js';
import { defineLayer, type LayerKind, reads, type ShapeStep, writes, looksAtAll } from './layer.js';
import { asImage, asImageKernel, fromImage, pair, placesOf, type Rank, sidesOf } from './windows.js';

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
      filters,
      ...windowArguments(rank, { causal: rank === 1 }),
      dilation_rate: dilationRate(rank),
      groups: Type.Integer({
        minimum: 1,
        default: 1,
        width: true,
        description: 'Into how many blocks channels part: filters of one read the channels of one.',
      }),
      ...sumArguments,
      kernel_initializer: kernelInitializer(
        rank === 1
          ? 'the kernel [kernel_size, channels / groups, filters]'
          : 'the kernel [height, width, channels / groups, filters]',
      ),
      bias_initializer: biasInitializer,
    }),
    shape: (args, at) => {
      const { places, channels } = slidOver(at, args, rank);
      const groups = groupsOf(at, args.groups, channels.units.length, args.filters);
      const made = at.fresh(args.filters);
      if (groups > 1) at.dims.equalBlocks(at.name, 'group', groups, [channels, made]);
      return [[...places, made]];
    },
    params: ({ kernel_size, groups, use_bias, kernel_initializer, bias_initializer }, [x], [y = []], at) => {
      const into = channelsOf(x, at);
      const out = y.at(-1)!;
      return {
        kernel: {
          axes: [
            ...kernelWindow(kernel_size, rank, at),
            reads(into, at.fresh(into.units.length % groups === 0 ? groups : 1, 'groups')),
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
    pinReason: ({ activation }) => looksAtAll(activation.word),
    facts: (args, at) => {
      const { activation, use_bias, groups } = args;
      return convolutionFacts(at, activation, { useBias: use_bias, padded: !isWhole(args), groups });
    },
    ranges: (args, at) => {
      const { activation, use_bias, groups } = args;
      return convolutionRanges(at, activation, { useBias: use_bias, padded: !isWhole(args), groups });
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
