import type { LayerEntry } from './case.js';

/** Pooling, along series and over images. */
export const pooling = {
  AveragePooling1D: {
    defaults: ['AveragePooling1D(2)', { pool_size: 2, padding: 'valid' }],
    cases: [
      {
        call: 'AveragePooling1D(2)',
        inputs: [[5, 3]],
        output: [2, 3],
        apart: { in: [1], out: [1] },
        tfjs: ['AveragePooling1D'],
      },
      {
        call: 'AveragePooling1D(3, strides: 1, padding: same)',
        inputs: [[4, 2]],
        output: [4, 2],
        apart: { in: [1], out: [1] },
        tfjs: ['AveragePooling1D'],
      },
    ],
  },
  AveragePooling2D: {
    defaults: ['AveragePooling2D([2, 1])', { pool_size: [2, 1], padding: 'valid' }],
    cases: [
      {
        call: 'AveragePooling2D(2)',
        inputs: [[4, 3, 3]],
        output: [2, 1, 3],
        apart: { in: [2], out: [2] },
        tfjs: ['AveragePooling2D'],
      },
      {
        call: 'AveragePooling2D([3, 2], strides: [2, 1], padding: same)',
        inputs: [[3, 3, 2]],
        output: [2, 3, 2],
        apart: { in: [2], out: [2] },
        tfjs: ['AveragePooling2D'],
      },
    ],
  },
  GlobalAveragePooling1D: {
    defaults: ['GlobalAveragePooling1D', { keepdims: false }],
    cases: [
      {
        call: 'GlobalAveragePooling1D',
        inputs: [[4, 3]],
        output: [3],
        apart: { in: [1], out: [0] },
        tfjs: ['GlobalAveragePooling1D'],
      },
      {
        call: 'GlobalAveragePooling1D(keepdims: true)',
        inputs: [[4, 3]],
        output: [1, 3],
        apart: { in: [1], out: [1] },
        tfjs: 'refused',
      },
    ],
  },
  GlobalAveragePooling2D: {
    defaults: ['GlobalAveragePooling2D', { keepdims: false }],
    cases: [
      {
        call: 'GlobalAveragePooling2D',
        inputs: [[2, 2, 3]],
        output: [3],
        apart: { in: [2], out: [0] },
        tfjs: ['GlobalAveragePooling2D'],
      },
      {
        call: 'GlobalAveragePooling2D(keepdims: true)',
        inputs: [[2, 2, 3]],
        output: [1, 1, 3],
        apart: { in: [2], out: [2] },
        tfjs: 'refused',
      },
    ],
  },
  GlobalMaxPooling1D: {
    defaults: ['GlobalMaxPooling1D', { keepdims: false }],
    cases: [
      {
        call: 'GlobalMaxPooling1D',
        inputs: [[4, 3]],
        output: [3],
        apart: { in: [1], out: [0] },
        tfjs: ['GlobalMaxPooling1D'],
      },
    ],
  },
  GlobalMaxPooling2D: {
    defaults: ['GlobalMaxPooling2D', { keepdims: false }],
    cases: [
      {
        call: 'GlobalMaxPooling2D',
        inputs: [[2, 2, 3]],
        output: [3],
        apart: { in: [2], out: [0] },
        tfjs: ['GlobalMaxPooling2D'],
      },
      {
        call: 'GlobalMaxPooling2D(keepdims: true)',
        inputs: [[2, 2, 3]],
        output: [1, 1, 3],
        apart: { in: [2], out: [2] },
        tfjs: 'refused',
      },
    ],
  },
  MaxPooling1D: {
    defaults: ['MaxPooling1D', { pool_size: 2, padding: 'valid' }],
    cases: [
      {
        call: 'MaxPooling1D',
        inputs: [[5, 3]],
        output: [2, 3],
        apart: { in: [1], out: [1] },
        tfjs: ['MaxPooling1D'],
      },
      {
        call: 'MaxPooling1D(3, strides: 2, padding: same)',
        inputs: [[5, 2]],
        output: [3, 2],
        apart: { in: [1], out: [1] },
        tfjs: ['MaxPooling1D'],
      },
    ],
  },
  MaxPooling2D: {
    defaults: ['MaxPooling2D', { pool_size: 2, padding: 'valid' }],
    cases: [
      {
        call: 'MaxPooling2D',
        inputs: [[4, 3, 3]],
        output: [2, 1, 3],
        apart: { in: [2], out: [2] },
        tfjs: ['MaxPooling2D'],
      },
      {
        call: 'MaxPooling2D([3, 2], strides: 1, padding: same)',
        inputs: [[3, 3, 2]],
        output: [3, 3, 2],
        apart: { in: [2], out: [2] },
        tfjs: ['MaxPooling2D'],
      },
    ],
  },
} satisfies Readonly<Record<string, LayerEntry>>;
