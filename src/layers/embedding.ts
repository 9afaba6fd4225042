import { extents } from '../ir/dims.js';
import { callOf, Type } from '../ir/kind.js';
import { computedFact, lastAxisFacts, spreadFacts } from './facts.js';
import { defineLayer, plain, writes } from './layer.js';
import type { UnitFact } from '../ir/units.js';
import { unitedRanges } from './ranges.js';

export const embedding = defineLayer({
  keyword: 'Embedding',
  summary: 'A vector for every index: its input holds whole numbers from 0 on, such as tokens.',
  cite: 'Keras, keras.layers.Embedding',
  inputs: [1, 1],
  everywhere: true,
  schema: Type.Object({
    input_dim: Type.Integer({ minimum: 1, description: 'How many indices there are: the largest and one.' }),
    output_dim: Type.Integer({ minimum: 1, width: true, description: 'Number of units of a vector.' }),
    embeddings_initializer: callOf('initializer', {
      default: 'uniform',
      description: 'How the vectors [input_dim, output_dim] start.',
    }),
  }),
  indices: ({ input_dim }) => input_dim,
  shape: ({ output_dim }, { inputs: [x = []], fresh }) => [[...x, fresh(output_dim)]],
  params: ({ input_dim, embeddings_initializer }, _, [y = []], { fresh }) => ({
    embeddings: {
      axes: [plain(fresh(input_dim, 'vocabulary')), writes(y.at(-1)!)],
      initializer: embeddings_initializer,
    },
  }),
  forward: (b, { inputs: [x], params: { embeddings } }) => [b.gather(embeddings!, b.cast(x!, 'int'), 0)],
  // A place of the input goes where nothing reads any unit of its vector.
  unitwise: (_, __, [y = []]) => y,
  // What all vectors have in common does not depend on the index.
  facts: (_, { outputShapes: [shape = []], values, shapeOf }) => {
    const table = values('embeddings');
    const [rows, width] = shapeOf('embeddings') as readonly [number, number];
    const last = Array.from({ length: width }, (_, unit): UnitFact => {
      for (let row = 1; row < rows; row++) if (table[row * width + unit] !== table[unit]) return 'varies';
      return computedFact(table[unit]!);
    });
    return [spreadFacts(lastAxisFacts(shape, last))];
  },
  ranges: (_, { values, shapeOf }) => {
    const table = values('embeddings');
    const [rows, width] = shapeOf('embeddings') as readonly [number, number];
    const vector = (row: number) => Float64Array.from({ length: width }, (_, unit) => table[row * width + unit]!);
    return [unitedRanges(Array.from({ length: rows }, (_, row) => ({ low: vector(row), high: vector(row) })))];
  },
  resize: (_, { outputs: [kept = []] }) => ({ output_dim: kept.length }),
  spelling: {
    tfjs: ({ input_dim, output_dim }, { name, inputs: [x = []] }) => [
      {
        className: 'Embedding',
        config: { input_dim, output_dim, ...(x.length === 1 && { input_length: extents(x)[0] }), name },
      },
    ],
  },
});
