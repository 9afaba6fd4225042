import { Type } from '../ir/kind.js';
import { sizeOf } from '../program/program.js';
import { defineLayer } from './layer.js';
import { interpolatePlaces, repeatPlaces } from './upsampling.js';
import { channelsPass, pair, perAxis, pictureOf, placeAxes, placesOf } from './windows.js';
import { meanRanges } from './ranges.js';

export const upSampling2d = defineLayer({
  keyword: 'UpSampling2D',
  summary: 'Makes an image larger by whole factors.',
  cite: 'Keras, keras.layers.UpSampling2D',
  inputs: [1, 1],
  schema: Type.Object({
    size: perAxis(2, { default: 2, description: 'Factors: 2, or [2, 3] for height and width.' }),
    interpolation: Type.Union([Type.Literal('nearest'), Type.Literal('bilinear')], {
      default: 'nearest',
      description: 'nearest: every place is repeated. bilinear: straight lines between the middles of places.',
    }),
  }),
  shape: ({ size }, at) => {
    const { places, channels } = pictureOf(at, 2);
    const [tall, wide] = pair(size, 2);
    return [[...placeAxes(at, [places[0] * tall, places[1] * wide], 2), channels]];
  },
  forward: (b, { arguments: { size, interpolation }, inputs: [x] }) => {
    const enlarge = interpolation === 'nearest' ? repeatPlaces : interpolatePlaces;
    const [tall, wide] = pair(size, 2);
    return [enlarge(b, enlarge(b, x!, 1, tall), 2, wide)];
  },
  unitwise: (_, [x = []]) => x.slice(-1),
  // The weights of a straight line add up to 1.
  facts: (_, at) => channelsPass(at),
  ranges: ({ interpolation }, { inputs: [x], inputShapes: [shape = []] }) => [
    // Along both axes, as a matrix product with all places.
    interpolation === 'nearest' ? x! : meanRanges(meanRanges(x!, sizeOf(placesOf(shape, 2))), 4),
  ],
  spelling: {
    // What TensorFlow.js calls bilinear reads between corners, and not between the middles of places.
    tfjs: ({ size, interpolation }, { name }) =>
      interpolation === 'bilinear'
        ? undefined
        : [
            {
              className: 'UpSampling2D',
              config: { size: [...pair(size, 2)], data_format: 'channels_last', interpolation, name },
            },
          ],
  },
});
