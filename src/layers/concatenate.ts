import { Type } from '../ir/kind.js';
import { axesThere, axisArgument, axisOf } from './axes.js';
import { joinedFacts } from './facts.js';
import { defineLayer } from './layer.js';
import { shapesOf } from './merge.js';
import { joinedRanges, unitedRanges } from './ranges.js';

export const concatenate = defineLayer({
  keyword: 'Concatenate',
  summary: 'Puts its inputs side by side along one axis: `both = Concatenate <- left, right`.',
  cite: 'Keras, keras.layers.Concatenate',
  inputs: [2, Number.POSITIVE_INFINITY],
  schema: Type.Object({
    axis: axisArgument({ default: -1, description: 'Along which axis; the others have to be alike.' }),
  }),
  handsOn: () => true,
  shape: ({ axis }, { inputs, from, dims, misfit }) => {
    const [first = []] = inputs;
    const along = axisOf(axis, first);
    if (along === undefined) {
      misfit(axesThere(first), `axis: ${axis}`, 'the batch is axis 0');
      return [first];
    }
    const fits = inputs.every(
      (shape) =>
        shape.length === first.length &&
        shape.every((dim, k) => k === along || dim.units.length === first[k]!.units.length),
    );
    if (!fits) {
      misfit(`inputs that are alike but for axis ${axis}`, shapesOf(from, inputs));
      return [first];
    }
    const joined = { units: inputs.flatMap((shape) => shape[along]!.units) };
    for (const shape of inputs)
      shape.forEach((dim, k) => {
        if (k !== along) dims.unify(first[k]!, dim);
      });
    return [first.map((dim, k) => (k === along ? joined : dim))];
  },
  forward: (b, { arguments: { axis }, inputs, inputShapes: [first = []] }) => [
    b.concat(inputs, axisOf(axis, first)! + 1),
  ],
  unitwise: (_, __, [output = []]) => output,
  facts: ({ axis }, { inputs, inputShapes: [shape = []] }) => [joinedFacts(inputs, axisOf(axis, shape)!)],
  ranges: ({ axis }, { inputs, inputShapes: [shape = []] }) => [
    axisOf(axis, shape) === shape.length - 1 ? joinedRanges(inputs) : unitedRanges(inputs),
  ],
  spares: () => 'no units',
  spelling: { tfjs: ({ axis }, { name }) => [{ className: 'Concatenate', config: { axis, name } }] },
});
