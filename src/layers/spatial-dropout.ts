import { Type } from '../ir/kind.js';
import { defineLayer, type LayerKind } from './layer.js';
import { channelsPass, pictureOf, type Rank, zeroChannelsPass } from './windows.js';

/** SpatialDropout1D and SpatialDropout2D: whole channels are dropped. */
export function spatialDropout(keyword: string, summary: string, rank: Rank): LayerKind {
  return defineLayer({
    keyword,
    summary,
    cite: `Tompson et al. 2015, Efficient Object Localization Using Convolutional Networks, section 3.2; Keras, keras.layers.${keyword}`,
    inputs: [1, 1],
    schema: Type.Object({
      rate: Type.Number({ minimum: 0, exclusiveMaximum: 1, description: 'Share of channels that is dropped.' }),
    }),
    shape: (_, at) => {
      const { inputs } = at;
      const [x = []] = inputs;
      if (x.length !== rank + 1) pictureOf(at, rank);
      return [x];
    },
    forward: (b, { arguments: { rate }, mode, inputs: [x], random }) => {
      if (mode === 'inference' || rate === 0) return [x!];
      const mask = random('mask', { kind: 'bernoulli', keep: 1 - rate }, [rank]);
      return [b.multiply(x!, b.multiply(mask, 1 / (1 - rate)))];
    },
    unitwise: (_, [x = []]) => x,
    facts: ({ rate }, at) => (at.mode === 'inference' || rate === 0 ? channelsPass(at) : zeroChannelsPass(at)),
    ranges: (_, { inputs }) => inputs,
    spelling: {
      // TensorFlow.js has no SpatialDropout2D.
      tfjs: ({ rate }, { name }) => (rank === 1 ? [{ className: keyword, config: { rate, name } }] : undefined),
    },
  });
}
