import { extents, showShape } from '../ir/dims.js';
import { Type } from '../ir/kind.js';
import { sizeOf } from '../program/program.js';
import { lastAxisFacts, spreadFacts } from './facts.js';
import { defineLayer } from './layer.js';

export const localResponseNormalization = defineLayer({
  keyword: 'LocalResponseNormalization',
  summary:
    'Divides every number by a power of the sum of squares of the channels around it: x / (bias + alpha · Σ x²) ^ beta.',
  cite:
    'Krizhevsky, Sutskever and Hinton 2012, ImageNet Classification with Deep Convolutional Neural Networks, section 3.3; arguments and their defaults: TensorFlow, ' +
    'tf.nn.local_response_normalization',
  inputs: [1, 1],
  schema: Type.Object({
    depth_radius: Type.Integer({
      minimum: 0,
      maximum: 100_000,
      default: 5,
      description: 'How many channels on each side count. AlexNet: 2.',
    }),
    bias: Type.Number({ default: 1, exclusiveMinimum: 0, description: 'Keeps the divisor from 0. AlexNet: 2.' }),
    alpha: Type.Number({ default: 1, minimum: 0, description: 'Factor of the sum. AlexNet: 1e-4.' }),
    beta: Type.Number({ default: 0.5, description: 'Exponent of the divisor. AlexNet: 0.75.' }),
  }),
  shape: (_, { inputs: [x = []], misfit }) => {
    if (x.length !== 3)
      misfit('an input [height, width, channels]', x.length === 0 ? 'a scalar per row' : showShape(x));
    return [x];
  },
  forward: (b, { arguments: { depth_radius, bias, alpha, beta }, inputs: [x], inputShapes: [shape = []] }) => {
    const channels = shape.at(-1)!.units.length;
    const places = sizeOf(extents(shape.slice(0, -1)));
    // No channel reads further than all channels go.
    const radius = Math.min(depth_radius, channels - 1);
    const width = 2 * radius + 1;
    // Windows along the channels, as if these were the columns of an image; their mean times their length is their sum.
    const squares = b.pad(b.reshape(b.square(x!), ['batch', places, channels, 1]), 2, radius, radius);
    const sums = b.multiply(b.averagePool2d(squares, [1, width], { strides: [1, 1] }), width);
    const divisor = b.add(b.multiply(b.reshape(sums, ['batch', ...extents(shape)]), alpha), bias);
    return [b.multiply(x!, b.power(divisor, -beta))];
  },
  unitwise: (_, [x = []]) => x.slice(0, -1),
  pinReason: () =>
    'LocalResponseNormalization divides each channel by those around it, so the others would change without it',
  facts: (_, { inputs: [x = []], outputShapes: [y = []] }) => [
    spreadFacts(
      lastAxisFacts(
        y,
        (x.at(-1) ?? []).map((fact) => (fact === 'zero' ? fact : 'varies')),
      ),
    ),
  ],
  // TensorFlow.js has no layer for it.
  spelling: {},
});
