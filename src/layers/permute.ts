import { showShape } from '../ir/dims.js';
import { spreadIntegers, Type } from '../ir/kind.js';
import { defineLayer } from './layer.js';
import { mixedRanges } from './ranges.js';

export const permute = defineLayer({
  keyword: 'Permute',
  summary: 'Puts the axes of a row in another order.',
  cite: 'Keras, keras.layers.Permute',
  inputs: [1, 1],
  schema: Type.Object({
    dims: spreadIntegers({
      minItems: 1,
      examples: [[2, 1]],
      description: 'The axes in their new order, counted from 1, the batch apart: Permute(2, 1) exchanges two.',
    }),
  }),
  handsOn: () => true,
  shape: ({ dims }, { inputs: [x = []], misfit }) => {
    const fits = dims.length === x.length && [...dims].sort((a, b) => a - b).every((axis, k) => axis === k + 1);
    if (!fits) {
      const all = x.map((_, k) => k + 1).join(', ');
      misfit(
        x.length === 0
          ? 'an input with at least one axis'
          : `each of the axes ${all} once (its input is ${showShape(x)})`,
        `(${dims.join(', ')})`,
      );
      return [x];
    }
    return [dims.map((axis) => x[axis - 1]!)];
  },
  forward: (b, { arguments: { dims }, inputs: [x] }) => [b.transpose(x!, [0, ...dims])],
  unitwise: (_, [x = []]) => x,
  facts: ({ dims }, { inputs: [x = []] }) => [dims.map((axis) => x[axis - 1]!)],
  ranges: ({ dims }, { inputs: [x], outputShapes: [y = []] }) => [
    dims.at(-1) === dims.length ? x! : mixedRanges(x!, y.at(-1)!.units.length),
  ],
  spelling: { tfjs: ({ dims }, { name }) => [{ className: 'Permute', config: { dims, name } }] },
});
