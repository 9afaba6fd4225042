import { Type } from '../ir/kind.js';
import { elementwiseFacts } from './facts.js';
import { defineLayer } from './layer.js';
import { scaledRanges } from './ranges.js';

export const rescaling = defineLayer({
  keyword: 'Rescaling',
  summary: 'scale · x + offset.',
  cite: 'Keras, keras.layers.Rescaling',
  inputs: [1, 1],
  everywhere: true,
  schema: Type.Object({
    scale: Type.Number({ description: 'Factor.' }),
    offset: Type.Number({ default: 0, description: 'Added after scaling.' }),
  }),
  shape: (_, { inputs: [x = []] }) => [x],
  forward: (b, { arguments: { scale, offset }, inputs: [x] }) => {
    const scaled = b.multiply(x!, scale);
    return [offset === 0 ? scaled : b.add(scaled, offset)];
  },
  unitwise: (_, [x = []]) => x,
  facts: ({ scale, offset }, { inputs: [x = []] }) => [
    elementwiseFacts(x, (values) => values.map((value) => value * scale + offset)),
  ],
  ranges: ({ scale, offset }, { inputs: [x] }) => [scaledRanges(x!, () => ({ scale, offset }))],
  spelling: { tfjs: ({ scale, offset }, { name }) => [{ className: 'Rescaling', config: { scale, offset, name } }] },
});
