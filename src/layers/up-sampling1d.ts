import { Type } from '../ir/kind.js';
import { defineLayer } from './layer.js';
import { repeatPlaces } from './upsampling.js';
import { channelsPass, perAxis, pictureOf, placeAxes } from './windows.js';

export const upSampling1d = defineLayer({
  keyword: 'UpSampling1D',
  summary: 'Repeats every step of a series.',
  cite: 'Keras, keras.layers.UpSampling1D',
  inputs: [1, 1],
  schema: Type.Object({ size: perAxis(1, { default: 2, description: 'How often every step is there afterwards.' }) }),
  shape: ({ size }, at) => {
    const { places, channels } = pictureOf(at, 1);
    return [[...placeAxes(at, [1, places[1] * Number(size)], 1), channels]];
  },
  forward: (b, { arguments: { size }, inputs: [x] }) => [repeatPlaces(b, x!, 1, Number(size))],
  unitwise: (_, [x = []]) => x.slice(-1),
  facts: (_, at) => channelsPass(at),
  // TensorFlow.js has none.
  spelling: {},
});
