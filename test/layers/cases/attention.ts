import type { LayerEntry } from './case.js';

const initializers = {
  kernel_initializer: { word: 'glorot_uniform', arguments: {} },
  bias_initializer: { word: 'zeros', arguments: {} },
};

/** Layers in which steps see each other. */
export const attention = {
  MultiHeadAttention: {
    defaults: [
      'MultiHeadAttention(2, 3)',
      { num_heads: 2, key_dim: 3, dropout: 0, use_bias: true, ...initializers, use_causal_mask: false },
    ],
    cases: [
      {
        call: 'MultiHeadAttention(2, 3)',
        inputs: [[3, 4]],
        output: [3, 4],
        params: {
          query_kernel: [4, 2, 3],
          query_bias: [2, 3],
          key_kernel: [4, 2, 3],
          key_bias: [2, 3],
          value_kernel: [4, 2, 3],
          value_bias: [2, 3],
          output_kernel: [2, 3, 4],
          output_bias: [4],
        },
        // 2 heads: 3 · 4 · 3 for each of the three and the output, 3 · 3 · (3 + 3) for scores and means.
        multiplyAdds: 2 * (4 * 36 + 54),
        apart: { out: [1] },
        tfjs: 'refused',
      },
      {
        call: 'MultiHeadAttention(2, 2, value_dim: 3, use_bias: false, output_shape: 5, use_causal_mask: true, scale: 0.25)',
        inputs: [
          [2, 3],
          [4, 2],
        ],
        output: [2, 5],
        params: {
          query_kernel: [3, 2, 2],
          key_kernel: [2, 2, 2],
          value_kernel: [2, 2, 3],
          output_kernel: [2, 3, 5],
        },
        // By head: 2 · 3 · 2, 4 · 2 · 2, 4 · 2 · 3, 2 · 4 · (2 + 3), 2 · 3 · 5.
        multiplyAdds: 2 * (12 + 16 + 24 + 40 + 30),
        apart: { out: [1] },
        tfjs: 'refused',
      },
      {
        call: 'MultiHeadAttention(1, 2, dropout: 0.4)',
        inputs: [
          [2, 2],
          [3, 2],
          [3, 3],
        ],
        output: [2, 2],
        params: {
          query_kernel: [2, 1, 2],
          query_bias: [1, 2],
          key_kernel: [3, 1, 2],
          key_bias: [1, 2],
          value_kernel: [2, 1, 2],
          value_bias: [1, 2],
          output_kernel: [1, 2, 2],
          output_bias: [2],
        },
        multiplyAdds: 8 + 18 + 12 + 24 + 8,
        apart: { out: [1] },
        tfjs: 'refused',
        random: true,
      },
    ],
  },
} satisfies Readonly<Record<string, LayerEntry>>;
