import type { LayerEntry } from './case.js';

const zeros = { word: 'zeros', arguments: {} };
const ones = { word: 'ones', arguments: {} };
const moving = ['moving_mean', 'moving_variance'];

function each(tensors: readonly string[], extent: number): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(tensors.map((tensor) => [tensor, [extent]]));
}

/** Layers that normalise. */
export const norm = {
  BatchNormalization: {
    defaults: [
      'BatchNormalization',
      {
        axis: -1,
        momentum: 0.99,
        epsilon: 1e-3,
        center: true,
        scale: true,
        beta_initializer: zeros,
        gamma_initializer: ones,
        moving_mean_initializer: zeros,
        moving_variance_initializer: ones,
      },
    ],
    cases: [
      {
        call: 'BatchNormalization',
        inputs: [[4]],
        output: [4],
        params: each(['gamma', 'beta', ...moving], 4),
        apart: { in: [0], out: [0] },
        tfjs: ['BatchNormalization'],
        rowsMix: true,
        state: moving,
      },
      {
        call: 'BatchNormalization(momentum: 0.8, scale: false)',
        inputs: [[2, 3]],
        output: [2, 3],
        params: each(['beta', ...moving], 3),
        apart: { in: [1], out: [1] },
        tfjs: ['BatchNormalization'],
        rowsMix: true,
        state: moving,
      },
      {
        call: 'BatchNormalization(axis: 1, center: false)',
        inputs: [[3, 2]],
        output: [3, 2],
        params: each(['gamma', ...moving], 3),
        apart: { in: [0], out: [0] },
        pinned: true,
        tfjs: 'refused',
        rowsMix: true,
        state: moving,
      },
      {
        call: 'BatchNormalization(trainable: false)',
        inputs: [[2, 3]],
        output: [2, 3],
        params: each(['gamma', 'beta', ...moving], 3),
        apart: { in: [1] },
        tfjs: ['BatchNormalization'],
      },
    ],
  },
  GroupNormalization: {
    defaults: [
      'GroupNormalization(2)',
      {
        groups: 2,
        axis: -1,
        epsilon: 1e-3,
        center: true,
        scale: true,
        beta_initializer: zeros,
        gamma_initializer: ones,
      },
    ],
    cases: [
      {
        call: 'GroupNormalization(2)',
        inputs: [[3, 4]],
        output: [3, 4],
        params: each(['gamma', 'beta'], 4),
        apart: {},
        pinned: true,
        tfjs: 'refused',
      },
      {
        call: 'GroupNormalization(-1, center: false)',
        inputs: [[3, 4]],
        output: [3, 4],
        params: each(['gamma'], 4),
        apart: { in: [1], out: [1] },
        tfjs: 'refused',
      },
      {
        call: 'GroupNormalization(groups: 2, axis: 1, scale: false)',
        inputs: [[4, 2, 3]],
        output: [4, 2, 3],
        params: each(['beta'], 4),
        apart: {},
        pinned: true,
        tfjs: 'refused',
      },
    ],
  },
  LayerNormalization: {
    defaults: [
      'LayerNormalization',
      { axis: -1, epsilon: 1e-3, center: true, scale: true, beta_initializer: zeros, gamma_initializer: ones },
    ],
    cases: [
      {
        call: 'LayerNormalization',
        inputs: [[2, 4]],
        output: [2, 4],
        params: each(['gamma', 'beta'], 4),
        apart: { in: [0], out: [0] },
        pinned: true,
        tfjs: ['LayerNormalization'],
      },
      {
        call: 'LayerNormalization(axis: [1, -1], epsilon: 1e-6, center: false)',
        inputs: [[2, 3]],
        output: [2, 3],
        params: { gamma: [2, 3] },
        apart: {},
        pinned: true,
        tfjs: ['LayerNormalization'],
      },
      {
        call: 'LayerNormalization(1, scale: false)',
        inputs: [[3, 2]],
        output: [3, 2],
        params: { beta: [3] },
        apart: { in: [1], out: [1] },
        pinned: true,
        tfjs: ['LayerNormalization'],
      },
    ],
  },
  Normalization: {
    defaults: ['Normalization', { axis: -1, invert: false }],
    cases: [
      {
        call: 'Normalization',
        inputs: [[2, 3]],
        output: [2, 3],
        params: each(['mean', 'variance'], 3),
        apart: { in: [0, 1], out: [0, 1] },
        tfjs: 'refused',
      },
      {
        call: 'Normalization(mean: [1, 2, -0.5, 0], variance: [4, 0.25, 1, 0], invert: true)',
        inputs: [[4]],
        output: [4],
        apart: { in: [0], out: [0] },
        tfjs: 'refused',
      },
      {
        call: 'Normalization(axis: [], mean: 0.5, variance: 0.25)',
        inputs: [[2, 3]],
        output: [2, 3],
        apart: { in: [0, 1], out: [0, 1] },
        tfjs: 'refused',
      },
      {
        call: 'Normalization(axis: [1, 2])',
        inputs: [[2, 3]],
        output: [2, 3],
        params: { mean: [2, 3], variance: [2, 3] },
        apart: { in: [0, 1] },
        pinned: true,
        tfjs: 'refused',
      },
    ],
  },
} satisfies Readonly<Record<string, LayerEntry>>;
