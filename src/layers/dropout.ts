import { Type } from '../ir/kind.js';
import { noisyFacts } from './facts.js';
import { defineLayer } from './layer.js';

export const dropout = defineLayer({
  keyword: 'Dropout',
  summary: 'In training, sets a random share of its input to 0 and scales the rest up; else passes it on.',
  cite: 'Srivastava et al. 2014, Dropout, section 4; Keras, keras.layers.Dropout',
  inputs: [1, 1],
  everywhere: true,
  schema: Type.Object({
    rate: Type.Number({
      minimum: 0,
      exclusiveMaximum: 1,
      description: "Share that is dropped (TensorFlow 1's keep_prob is 1 − rate).",
    }),
  }),
  shape: (_, { inputs: [x = []] }) => [x],
  forward: (b, { arguments: { rate }, mode, inputs: [x], random }) => {
    if (mode === 'inference' || rate === 0) return [x!];
    const mask = random('mask', { kind: 'bernoulli', keep: 1 - rate });
    return [b.multiply(x!, b.multiply(mask, 1 / (1 - rate)))];
  },
  unitwise: (_, [x = []]) => x,
  facts: ({ rate }, { inputs: [x = []], mode }) => [mode === 'inference' || rate === 0 ? x : noisyFacts(x)],
  ranges: (_, { inputs }) => inputs,
  spelling: { tfjs: ({ rate }, { name }) => [{ className: 'Dropout', config: { rate, name } }] },
});
