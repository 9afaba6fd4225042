import { Type } from '../ir/kind.js';
import type { Shape } from '../ir/dims.js';
import type { Value, Builder, PoolingOptions } from '../program/builder.js';
import { sizeOf } from '../program/program.js';
import { defineLayer, type LayerKind } from './layer.js';
import {
  asImage,
  channelsPass,
  edges,
  type Edges,
  fromImage,
  pair,
  type PerAxis,
  perAxis,
  pictureOf,
  placesOf,
  type Rank,
  sidesOf,
  type Slide,
  spelledPerAxis,
  windowPlaces,
} from './windows.js';
import { meanRanges } from './ranges.js';

interface PoolingArguments {
  readonly pool_size: PerAxis;
  readonly strides?: PerAxis;
  readonly padding: Edges;
}

function slideOf({ pool_size, strides = pool_size, padding }: PoolingArguments, rank: Rank): Slide {
  return { size: pair(pool_size, rank), strides: pair(strides, rank), dilation: [1, 1], edges: padding };
}

/** A layer that makes one number of every window of every channel. */
export function pooling(options: {
  readonly keyword: string;
  readonly summary: string;
  readonly rank: Rank;
  /** Keras gives MaxPooling a size, and AveragePooling none. */
  readonly defaultSize?: number;
  pool(b: Builder, x: Value, size: readonly number[], options: PoolingOptions): Value;
  /** It gives means, and not numbers that it is given. */
  readonly means?: true;
}): LayerKind {
  const { keyword, summary, rank, defaultSize, pool } = options;
  return defineLayer({
    keyword,
    summary,
    cite: `Keras, keras.layers.${keyword}`,
    inputs: [1, 1],
    schema: Type.Object({
      pool_size: perAxis(rank, {
        ...(defaultSize !== undefined && { default: defaultSize }),
        examples: [2],
        description: rank === 1 ? 'Steps of a window.' : 'Extents of a window: 2, or [2, 3] for height and width.',
      }),
      strides: Type.Optional(
        perAxis(rank, { absent: 'pool_size', description: 'How far apart windows begin; absent: pool_size.' }),
      ),
      padding: edges(rank),
    }),
    shape: (args, at) => {
      const { places, channels } = pictureOf(at, rank);
      return [[...windowPlaces(at, places, slideOf(args, rank), rank, 'window'), channels]];
    },
    forward: (b, { arguments: args, inputs: [x], inputShapes: [shape = []] }) => {
      const slide = slideOf(args, rank);
      const padding = sidesOf(placesOf(shape, rank), slide);
      const pooled = pool(b, asImage(b, x!, rank), slide.size, { strides: slide.strides, padding });
      return [fromImage(b, pooled, rank)];
    },
    // Padding never wins and counts in no mean: a channel that is constant stays so.
    unitwise: (_, [x = []]) => x.slice(-1),
    facts: (_, at) => channelsPass(at),
    ranges: ({ pool_size }, { inputs: [x] }) => [options.means ? meanRanges(x!, sizeOf(pair(pool_size, rank))) : x!],
    spelling: {
      tfjs: ({ pool_size, strides = pool_size, padding }, { name }) => [
        {
          className: keyword,
          config: {
            pool_size: spelledPerAxis(pool_size, rank),
            strides: spelledPerAxis(strides, rank),
            padding,
            data_format: 'channels_last',
            name,
          },
        },
      ],
    },
  });
}

/** A layer that makes one number of all places of every channel. */
export function globalPooling(options: {
  readonly keyword: string;
  readonly summary: string;
  readonly rank: Rank;
  pool(b: Builder, x: Value, axes: readonly number[], keepDims: boolean): Value;
  /** It gives means, and not numbers that it is given. */
  readonly means?: true;
}): LayerKind {
  const { keyword, summary, rank, pool } = options;
  const axes = rank === 1 ? [1] : [1, 2];
  return defineLayer({
    keyword,
    summary,
    cite: `Keras, keras.layers.${keyword}`,
    inputs: [1, 1],
    schema: Type.Object({
      keepdims: Type.Boolean({
        default: false,
        description:
          rank === 1
            ? 'Whether the result is [1, channels] and not [channels].'
            : 'Whether the result is [1, 1, channels] and not [channels].',
      }),
    }),
    shape: ({ keepdims }, at) => {
      const { channels } = pictureOf(at, rank);
      const ones: Shape = keepdims ? axes.map((axis) => at.fresh(1, `place${axis}`)) : [];
      for (const one of ones) at.dims.pin(one, `${at.name} makes this axis of size 1, which all channels share`);
      return [[...ones, channels]];
    },
    forward: (b, { arguments: { keepdims }, inputs: [x] }) => [pool(b, x!, axes, keepdims)],
    unitwise: (_, [x = []]) => x.slice(-1),
    facts: (_, at) => channelsPass(at),
    ranges: (_, { inputs: [x], inputShapes: [shape = []] }) => [
      options.means ? meanRanges(x!, sizeOf(placesOf(shape, rank))) : x!,
    ],
    spelling: {
      tfjs: ({ keepdims }, { name }) =>
        keepdims ? undefined : [{ className: keyword, config: { data_format: 'channels_last', name } }],
    },
  });
}
