import { Type } from '../ir/kind.js';
import { noisyFacts } from './facts.js';
import { defineLayer } from './layer.js';

export const gaussianDropout = defineLayer({
  keyword: 'GaussianDropout',
  summary:
    'In training, multiplies by normal noise of mean 1 and variance rate / (1 − rate); else passes its input on.',
  cite: 'Srivastava et al. 2014, Dropout, section 10; Keras, keras.layers.GaussianDropout',
  inputs: [1, 1],
  schema: Type.Object({
    rate: Type.Number({
      minimum: 0,
      exclusiveMaximum: 1,
      description: 'The rate of a Dropout with the same variance.',
    }),
  }),
  shape: (_, { inputs: [x = []] }) => [x],
  forward: (b, { arguments: { rate }, mode, inputs: [x], random }) => {
    if (mode === 'inference' || rate === 0) return [x!];
    const noise = b.multiply(random('noise', { kind: 'normal' }), Math.sqrt(rate / (1 - rate)));
    return [b.multiply(x!, b.add(noise, 1))];
  },
  unitwise: (_, [x = []]) => x,
  facts: ({ rate }, { inputs: [x = []], mode }) => [mode === 'inference' || rate === 0 ? x : noisyFacts(x)],
  ranges: (_, { inputs }) => inputs,
  spelling: { tfjs: ({ rate }, { name }) => [{ className: 'GaussianDropout', config: { rate, name } }] },
});
