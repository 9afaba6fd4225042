import type { LayerEntry } from './case.js';

/** Layers of indices and positions. */
export const embeddings = {
  Embedding: {
    defaults: [
      'Embedding(5, 3)',
      {
        input_dim: 5,
        output_dim: 3,
        embeddings_initializer: { word: 'uniform', arguments: { minval: -0.05, maxval: 0.05 } },
      },
    ],
    cases: [
      {
        call: 'Embedding(5, 3)',
        inputs: [[4]],
        output: [4, 3],
        params: { embeddings: [5, 3] },
        apart: { in: [0], out: [0, 1] },
        tfjs: ['Embedding'],
        whole: 5,
      },
      {
        call: 'Embedding(2, 4)',
        inputs: [[2, 3]],
        output: [2, 3, 4],
        params: { embeddings: [2, 4] },
        apart: { in: [0, 1], out: [2] },
        tfjs: ['Embedding'],
        whole: 2,
      },
    ],
  },
  PositionEmbedding: {
    defaults: ['PositionEmbedding(6)', { sequence_length: 6, initializer: { word: 'glorot_uniform', arguments: {} } }],
    cases: [
      {
        call: 'PositionEmbedding(6)',
        inputs: [[4, 3]],
        output: [4, 3],
        params: { position_embeddings: [6, 3] },
        apart: { in: [1], out: [1] },
        // The unit that is 0 where it comes in is another number where it goes out.
        pinned: true,
        tfjs: 'refused',
      },
      {
        call: 'PositionEmbedding(2)',
        inputs: [[3, 2, 4]],
        output: [3, 2, 4],
        params: { position_embeddings: [2, 4] },
        apart: { in: [0, 2], out: [0, 2] },
        pinned: true,
        tfjs: 'refused',
      },
    ],
  },
} satisfies Readonly<Record<string, LayerEntry>>;
