import { indexList, spreadIntegers, Type } from '../ir/kind.js';
import { defineLayer } from './layer.js';

export const input = defineLayer({
  keyword: 'Input',
  summary: 'Where data enters: the shape of one row.',
  cite: 'Keras, keras.Input',
  inputs: [0, 0],
  notByStep: 'an Input stands by itself',
  schema: Type.Object({
    shape: spreadIntegers({
      default: [],
      description: 'Extents of one row, without the batch: Input(784), Input(28, 28, 1). Absent: as wide as its data.',
    }),
    keep: Type.Optional(
      indexList({
        names: true,
        description:
          'Which features of a row are read, as indices and ranges, or by their names where the data is a table (`[area, region.north]`): the others were found to be unneeded. With several axes these are features of the last one: channels of an image, features of every step.',
      }),
    ),
  }),
  shape: ({ shape, keep }, { name, dims, misfit }) => {
    const width = shape.at(-1) ?? 0;
    const places = shape.slice(0, -1).map((extent) => dims.fresh(extent, name));
    for (const axis of places)
      dims.pin(axis, `the Input ${name} reads all places of its rows: features of the last axis alone can go`);
    if (keep === undefined) return [[...places, ...(shape.length > 0 ? [dims.fresh(width, name)] : [])]];
    const outside = keep.find((index) => index >= width);
    if (outside !== undefined) misfit(`indices from 0 to ${width - 1} in \`keep\``, String(outside));
    const inside = keep.filter((index) => index < width);
    return [[...places, dims.fresh(inside.length, name, inside, width)]];
  },
  forward: (_, { inputs }) => inputs,
  unitwise: (_, __, [output]) => output ?? [],
  resize: ({ shape, keep }, { outputs: [kept = []] }) =>
    kept.length < (keep?.length ?? shape.at(-1)!) ? { keep: kept.map((k) => keep?.[k] ?? k) } : {},
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
