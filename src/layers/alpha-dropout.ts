import { Type } from '../ir/kind.js';
import { unknownUnits } from './facts.js';
import { defineLayer } from './layer.js';

/** Where selu goes for large negative numbers: −α · λ of Klambauer et al. */
const SATURATED = -1.6732632423543772 * 1.0507009873554805;

export const alphaDropout = defineLayer({
  keyword: 'AlphaDropout',
  summary:
    "In training, sets a random share of its input to selu's lowest value and keeps mean and variance; else passes it on.",
  cite: 'Klambauer, Unterthiner, Mayr and Hochreiter 2017, Self-Normalizing Neural Networks, section 2; Keras, keras.layers.AlphaDropout',
  inputs: [1, 1],
  schema: Type.Object({
    rate: Type.Number({ minimum: 0, exclusiveMaximum: 1, description: 'Share that is dropped.' }),
  }),
  shape: (_, { inputs: [x = []] }) => [x],
  forward: (b, { arguments: { rate }, mode, inputs: [x], random }) => {
    if (mode === 'inference' || rate === 0) return [x!];
    const scale = ((1 - rate) * (1 + rate * SATURATED ** 2)) ** -0.5;
    const mask = random('mask', { kind: 'bernoulli', keep: 1 - rate });
    const dropped = b.add(b.multiply(x!, mask), b.multiply(b.subtract(1, mask), SATURATED));
    return [b.add(b.multiply(dropped, scale), -scale * SATURATED * rate)];
  },
  unitwise: (_, [x = []]) => x,
  facts: ({ rate }, { inputs: [x = []], mode }) => [
    mode === 'inference' || rate === 0 ? x : x.map((units) => unknownUnits(units.length)),
  ],
  ranges: (_, { inputs }) => inputs,
  spelling: { tfjs: ({ rate }, { name }) => [{ className: 'AlphaDropout', config: { rate, name } }] },
});
