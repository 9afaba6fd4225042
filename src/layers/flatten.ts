import { indexList, Type } from '../ir/kind.js';
import { extents } from '../ir/dims.js';
import { pickedRanges } from '../ir/ranges.js';
import { sizeOf } from '../program/program.js';
import { pickedFacts, productFacts } from './facts.js';
import { keepFeatures, keepOf, keptSpelling } from './keep.js';
import { defineLayer } from './layer.js';
import { reshapedRanges } from './ranges.js';

export const flatten = defineLayer({
  keyword: 'Flatten',
  summary: 'Makes one axis of all axes but the batch, row-major.',
  cite: 'Keras, keras.layers.Flatten',
  inputs: [1, 1],
  laysOut: true,
  notByStep: 'a Reshape to [steps, features] does it',
  schema: Type.Object({
    keep: Type.Optional(indexList({ description: 'Which features of the flat row go on, as indices and ranges.' })),
  }),
  handsOn: () => true,
  shape: ({ keep }, { name, inputs: [x = []], dims, misfit }) => [[keepOf(dims.product(x, name), keep, dims, misfit)]],
  forward: (b, { arguments: { keep }, inputs: [x], inputShapes: [shape = []] }) => {
    return [keepFeatures(b, b.reshape(x!, ['batch', sizeOf(extents(shape))]), keep)];
  },
  unitwise: (_, [x = []], [y = []]) => [...x, ...y],
  facts: ({ keep }, { inputs: [x = []] }) => {
    const flat = [productFacts(x)];
    return [keep ? pickedFacts(flat, 0, keep) : flat];
  },
  ranges: ({ keep }, { inputs: [x], inputShapes: [shape = []] }) => {
    const flat = reshapedRanges(x!, shape, [sizeOf(extents(shape))]);
    return [keep ? pickedRanges(flat, keep) : flat];
  },
  resize: ({ keep }, { features }) => ({ keep: features(keep) }),
  spelling: {
    // TensorFlow.js' Flatten takes no input that is flat.
    tfjs: ({ keep }, { name, inputs: [x = []] }) =>
      keptSpelling(
        x.length === 1
          ? { className: 'Reshape', config: { target_shape: extents(x), name } }
          : { className: 'Flatten', config: { name } },
        name,
        keep,
      ),
  },
});
