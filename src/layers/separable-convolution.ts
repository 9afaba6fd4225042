import { type Dim, extents } from '../ir/dims.js';
import type { Axis } from '../ir/graph.js';
import { Type } from '../ir/kind.js';
import { sizeOf } from '../program/program.js';
import {
  biasInitializer,
  dilationRate,
  filters,
  finish,
  finishedFacts,
  isWhole,
  kernelInitializer,
  kernelMap,
  slidOver,
  spelledConvolution,
  sumArguments,
  windowArguments,
  writtenApart,
} from './convolution-parts.js';
import {
  depthMultiplier,
  depthwiseFacts,
  depthwiseKernel,
  depthwiseRanges,
  depthwiseSum,
} from './depthwise-convolution.js';
import { linearFacts } from './facts.js';
import { defineLayer, type LayerKind, reads, writes, looksAtAll } from './layer.js';
import { activationRanges, linearRanges } from './ranges.js';
import { pair, type Rank } from './windows.js';

/** SeparableConv1D and SeparableConv2D. */
export function separableConvolution(keyword: string, summary: string, rank: Rank): LayerKind {
  return defineLayer({
    keyword,
    summary,
    cite: `Keras, keras.layers.${keyword}`,
    inputs: [1, 1],
    schema: Type.Object({
      filters,
      ...windowArguments(rank),
      dilation_rate: dilationRate(rank),
      depth_multiplier: depthMultiplier,
      ...sumArguments,
      depthwise_initializer: kernelInitializer(
        rank === 1
          ? 'the depthwise kernel [kernel_size, channels, depth_multiplier]'
          : 'the depthwise kernel [height, width, channels, depth_multiplier]',
      ),
      pointwise_initializer: kernelInitializer(
        rank === 1
          ? 'the pointwise kernel [1, channels · depth_multiplier, filters]'
          : 'the pointwise kernel [1, 1, channels · depth_multiplier, filters]',
      ),
      bias_initializer: biasInitializer,
    }),
    shape: (args, at) => {
      const { places } = slidOver(at, args, rank);
      return [[...places, at.fresh(args.filters)]];
    },
    params: (args, [x], [y = []], at) => {
      const out = y.at(-1)!;
      const depthwise = depthwiseKernel(args, x, rank, at);
      const [channels, multiplier] = depthwise.slice(-2).map(({ dim }) => dim) as [Dim, Dim];
      const ones = Array.from(
        { length: rank },
        (_, k): Axis => ({ dim: at.fresh(1, `pointwise ${k}`), role: 'plain' }),
      );
      let between = channels;
      if (args.depth_multiplier > 1) {
        at.dims.pin(
          multiplier,
          `${at.name} makes ${args.depth_multiplier} channels of every one that it reads, and they stay or go together`,
        );
        between = at.dims.product([channels, multiplier], `${at.name}.pointwise`, { together: true });
      }
      return {
        depthwise_kernel: { axes: depthwise, initializer: args.depthwise_initializer },
        pointwise_kernel: { axes: [...ones, reads(between), writes(out)], initializer: args.pointwise_initializer },
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
    pinReason: ({ activation }) => looksAtAll(activation.word),
    facts: (args, at) => {
      const between = depthwiseFacts(at, 'depthwise_kernel', { padded: !isWhole(args) });
      const map = kernelMap(at, 'pointwise_kernel', { useBias: args.use_bias });
      return finishedFacts(at, linearFacts(between, map), args.activation);
    },
    ranges: (args, at) => {
      const between = depthwiseRanges(at, 'depthwise_kernel', { padded: !isWhole(args) });
      const map = kernelMap(at, 'pointwise_kernel', { useBias: args.use_bias });
      return [activationRanges(linearRanges(between, map), args.activation, at)];
    },
    // The pointwise kernel reads what the depthwise one makes of a channel.
    inside: (args, at) => ({
      reads: { pointwise_kernel: depthwiseFacts(at, 'depthwise_kernel', { padded: !isWhole(args) }) },
    }),
    folds: () => ({ pointwise_kernel: 'bias' }),
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
