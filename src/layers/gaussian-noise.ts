import { Type } from '../ir/kind.js';
import { unknownUnits } from './facts.js';
import { defineLayer } from './layer.js';

export const gaussianNoise = defineLayer({
  keyword: 'GaussianNoise',
  summary: 'In training, adds normal noise of mean 0; else passes its input on.',
  cite: 'Keras, keras.layers.GaussianNoise',
  inputs: [1, 1],
  schema: Type.Object({ stddev: Type.Number({ minimum: 0, description: 'Standard deviation of the noise.' }) }),
  shape: (_, { inputs: [x = []] }) => [x],
  forward: (b, { arguments: { stddev }, mode, inputs: [x], random }) => {
    if (mode === 'inference' || stddev === 0) return [x!];
    return [b.add(x!, b.multiply(random('noise', { kind: 'normal' }), stddev))];
  },
  unitwise: (_, [x = []]) => x,
  facts: ({ stddev }, { inputs: [x = []], mode }) => [
    mode === 'inference' || stddev === 0 ? x : x.map((units) => unknownUnits(units.length)),
  ],
  ranges: (_, { inputs }) => inputs,
  spelling: { tfjs: ({ stddev }, { name }) => [{ className: 'GaussianNoise', config: { stddev, name } }] },
});
