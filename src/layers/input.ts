import { indexList, spreadIntegers, Type } from '../ir/kind.js';
import { defineLayer } from './layer.js';

export const input = defineLayer({
  keyword: 'Input',
  summary: 'Where data enters: the shape of one row.',
  cite: 'Keras, keras.Input',
  inputs: [0, 0],
  schema: Type.Object({
    shape: spreadIntegers({
      default: [],
      description: 'Extents of one row, without the batch: Input(784), Input(28, 28, 1). Absent: as wide as its data.',
    }),
    keep: Type.Optional(
      indexList({
        names: true,
        description:
          'Which features of a row are read, as indices and ranges, or by their names where the data is a table (`[area, region.north]`): the others were found to be unneeded.',
      }),
    ),
  }),
  shape: ({ shape, keep }, { name, dims, misfit }) => {
    if (keep === undefined) {
      const axes = shape.map((extent) => dims.fresh(extent, name));
      if (axes.length > 1)
        for (const axis of axes)
          dims.pin(axis, `the Input ${name} has several axes; features go where they are flattened`);
      return [axes];
    }
    const [width = 0] = shape;
    if (shape.length !== 1)
      misfit('`keep` on an Input with one axis', `${shape.length} axes`, 'put `keep` on the Flatten that follows');
    const outside = keep.find((index) => index >= width);
    if (outside !== undefined) misfit(`indices from 0 to ${width - 1} in \`keep\``, String(outside));
    const inside = keep.filter((index) => index < width);
    return [[dims.fresh(inside.length, name, inside, width)]];
  },
  forward: (_, { inputs }) => inputs,
  unitwise: (_, __, [output]) => output ?? [],
  resize: ({ shape, keep }, { outputs: [kept = []] }) =>
    shape.length === 1 && kept.length < (keep?.length ?? shape[0]!) ? { keep: kept.map((k) => keep?.[k] ?? k) } : {},
  spelling: {
    tfjs: ({ shape, keep }, { name }) => [
      {
        className: 'InputLayer',
        config: { batch_input_shape: [null, ...shape], dtype: 'float32', sparse: false, name },
      },
      ...(keep ? [{ className: 'DropNeuronKeep', config: { keep, name: `${name}_keep` } }] : []),
    ],
  },
});
