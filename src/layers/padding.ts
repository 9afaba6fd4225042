import { Type } from '../ir/kind.js';
import { between } from '../ir/ranges.js';
import { defineLayer, type LayerKind } from './layer.js';
import { unitedRanges } from './ranges.js';
import { perSide, sidesOf, spelledSides } from './sides.js';
import { channelsPass, pictureOf, placeAxes, placesOf, type Rank, zeroChannelsPass } from './windows.js';

/** ZeroPadding1D and ZeroPadding2D. */
export function zeroPadding(keyword: string, summary: string, rank: Rank): LayerKind {
  return defineLayer({
    keyword,
    summary,
    cite: `Keras, keras.layers.${keyword}`,
    inputs: [1, 1],
    schema: Type.Object({
      padding: perSide(rank, {
        default: 1,
        description:
          rank === 1
            ? 'How many steps of zeros: 2 before and behind, or [1, 2].'
            : 'How many zeros: 1 all around, [1, 2] for rows and columns, or [[1, 2], [3, 4]] for top, bottom, left, right.',
      }),
    }),
    handsOn: () => true,
    shape: ({ padding }, at) => {
      const { places, channels } = pictureOf(at, rank);
      const [top, bottom, left, right] = sidesOf(padding, rank);
      return [[...placeAxes(at, [places[0] + top + bottom, places[1] + left + right], rank), channels]];
    },
    forward: (b, { arguments: { padding }, inputs: [x] }) => {
      const [top, bottom, left, right] = sidesOf(padding, rank);
      const tall = top + bottom > 0 ? b.pad(x!, 1, top, bottom) : x!;
      return [left + right > 0 ? b.pad(tall, rank, left, right) : tall];
    },
    unitwise: (_, [x = []]) => x.slice(-1),
    // A constant that is not 0 has zeros beside it afterwards.
    facts: ({ padding }, at) => (addsZeros(padding, rank) ? zeroChannelsPass(at) : channelsPass(at)),
    pads: ({ padding }) => addsZeros(padding, rank),
    ranges: (_, { inputs: [x] }) => [unitedRanges([x!, between(x!.low.length, 0, 0)])],
    spelling: {
      // TensorFlow.js has no ZeroPadding1D.
      tfjs: ({ padding }, { name }) =>
        rank === 1
          ? undefined
          : [{ className: keyword, config: { padding: spelledSides(padding), data_format: 'channels_last', name } }],
    },
  });
}

function addsZeros(padding: Parameters<typeof sidesOf>[0], rank: Rank): boolean {
  return sidesOf(padding, rank).some((side) => side !== 0);
}

/** Cropping1D and Cropping2D. */
export function cropping(keyword: string, summary: string, rank: Rank): LayerKind {
  return defineLayer({
    keyword,
    summary,
    cite: `Keras, keras.layers.${keyword}`,
    inputs: [1, 1],
    schema: Type.Object({
      cropping: perSide(rank, {
        default: rank === 1 ? 1 : 0,
        description:
          rank === 1
            ? 'How many steps go: 2 at both ends, or [1, 2].'
            : 'How much goes: 1 all around, [1, 2] of rows and columns, or [[1, 2], [3, 4]] at top, bottom, left, right.',
      }),
    }),
    handsOn: () => true,
    shape: (args, at) => {
      const { places, channels } = pictureOf(at, rank);
      const [top, bottom, left, right] = sidesOf(args.cropping, rank);
      const rest = [places[0] - top - bottom, places[1] - left - right] as const;
      if (Math.min(...rest) < 1)
        at.misfit(
          'a `cropping` that leaves something',
          `${rank === 1 ? left + right : `${top + bottom}×${left + right}`} of ${rank === 1 ? places[1] : places.join('×')}`,
        );
      return [[...placeAxes(at, rest, rank), channels]];
    },
    forward: (b, { arguments: args, inputs: [x], inputShapes: [shape = []] }) => {
      const [top, bottom, left, right] = sidesOf(args.cropping, rank);
      const [height, width] = placesOf(shape, rank);
      const low = top + bottom > 0 ? b.slice(x!, 1, top, height - bottom) : x!;
      return [left + right > 0 ? b.slice(low, rank, left, width - right) : low];
    },
    unitwise: (_, [x = []]) => x.slice(-1),
    facts: (_, at) => channelsPass(at),
    ranges: (_, { inputs }) => inputs,
    spelling: {
      // TensorFlow.js has no Cropping1D.
      tfjs: (args, { name }) =>
        rank === 1
          ? undefined
          : [
              {
                className: keyword,
                config: { cropping: spelledSides(args.cropping), data_format: 'channels_last', name },
              },
            ],
    },
  });
}
