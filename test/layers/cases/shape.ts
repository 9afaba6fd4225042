import type { LayerEntry } from './case.js';

/** Layers that move, repeat, cut or drop what series and images hold, and the one that divides by channels around. */
export const shape = {
  Cropping1D: {
    defaults: ['Cropping1D', { cropping: 1 }],
    cases: [
      { call: 'Cropping1D', inputs: [[4, 3]], output: [2, 3], apart: { in: [1], out: [1] }, tfjs: 'refused' },
      { call: 'Cropping1D([2, 0])', inputs: [[4, 3]], output: [2, 3], apart: { in: [1], out: [1] }, tfjs: 'refused' },
    ],
  },
  Cropping2D: {
    defaults: ['Cropping2D', { cropping: 0 }],
    cases: [
      {
        call: 'Cropping2D([[1, 0], [0, 2]])',
        inputs: [[3, 4, 3]],
        output: [2, 2, 3],
        apart: { in: [2], out: [2] },
        tfjs: ['Cropping2D'],
      },
      {
        call: 'Cropping2D([0, 1])',
        inputs: [[2, 3, 3]],
        output: [2, 1, 3],
        apart: { in: [2], out: [2] },
        tfjs: ['Cropping2D'],
      },
      {
        call: 'Cropping2D',
        inputs: [[2, 2, 2]],
        output: [2, 2, 2],
        apart: { in: [2], out: [2] },
        tfjs: ['Cropping2D'],
      },
    ],
  },
  LocalResponseNormalization: {
    defaults: ['LocalResponseNormalization', { depth_radius: 5, bias: 1, alpha: 1, beta: 0.5 }],
    cases: [
      {
        call: 'LocalResponseNormalization',
        inputs: [[1, 2, 3]],
        output: [1, 2, 3],
        apart: { in: [0, 1], out: [0, 1] },
        tfjs: 'refused',
      },
      {
        call: 'LocalResponseNormalization(1, bias: 2, alpha: 0.5, beta: 0.75)',
        inputs: [[2, 1, 4]],
        output: [2, 1, 4],
        apart: { in: [0, 1], out: [0, 1] },
        tfjs: 'refused',
      },
    ],
  },
  Permute: {
    defaults: ['Permute(2, 3, 1)', { dims: [2, 3, 1] }],
    cases: [
      {
        call: 'Permute(2, 3, 1)',
        inputs: [[2, 1, 3]],
        output: [1, 3, 2],
        apart: { in: [0, 1, 2], out: [0, 1, 2] },
        tfjs: ['Permute'],
      },
      {
        call: 'Permute([2, 1])',
        inputs: [[4, 3]],
        output: [3, 4],
        apart: { in: [0, 1], out: [0, 1] },
        tfjs: ['Permute'],
      },
    ],
  },
  RepeatVector: {
    defaults: ['RepeatVector(3)', { n: 3 }],
    cases: [
      { call: 'RepeatVector(3)', inputs: [[4]], output: [3, 4], apart: { in: [0], out: [1] }, tfjs: ['RepeatVector'] },
    ],
  },
  SpatialDropout1D: {
    defaults: ['SpatialDropout1D(0.4)', { rate: 0.4 }],
    cases: [
      {
        call: 'SpatialDropout1D(0.4)',
        inputs: [[3, 6]],
        output: [3, 6],
        apart: { in: [0, 1] },
        tfjs: ['SpatialDropout1D'],
        random: true,
      },
    ],
  },
  SpatialDropout2D: {
    defaults: ['SpatialDropout2D(0.4)', { rate: 0.4 }],
    cases: [
      {
        call: 'SpatialDropout2D(0.4)',
        inputs: [[2, 1, 6]],
        output: [2, 1, 6],
        apart: { in: [0, 1, 2] },
        tfjs: 'refused',
        random: true,
      },
      {
        call: 'SpatialDropout2D(0)',
        inputs: [[2, 2, 2]],
        output: [2, 2, 2],
        apart: { in: [0, 1, 2] },
        tfjs: 'refused',
      },
    ],
  },
  UpSampling1D: {
    defaults: ['UpSampling1D', { size: 2 }],
    cases: [
      { call: 'UpSampling1D(3)', inputs: [[2, 3]], output: [6, 3], apart: { in: [1], out: [1] }, tfjs: 'refused' },
    ],
  },
  UpSampling2D: {
    defaults: ['UpSampling2D', { size: 2, interpolation: 'nearest' }],
    cases: [
      {
        call: 'UpSampling2D([2, 3])',
        inputs: [[2, 1, 3]],
        output: [4, 3, 3],
        apart: { in: [2], out: [2] },
        tfjs: ['UpSampling2D'],
      },
      {
        call: 'UpSampling2D([1, 2], interpolation: bilinear)',
        inputs: [[2, 3, 2]],
        output: [2, 6, 2],
        apart: { in: [2], out: [2] },
        tfjs: 'refused',
      },
    ],
  },
  ZeroPadding1D: {
    defaults: ['ZeroPadding1D', { padding: 1 }],
    cases: [
      {
        call: 'ZeroPadding1D([0, 2])',
        inputs: [[2, 3]],
        output: [4, 3],
        apart: { in: [1], out: [1] },
        tfjs: 'refused',
      },
      { call: 'ZeroPadding1D', inputs: [[2, 3]], output: [4, 3], apart: { in: [1], out: [1] }, tfjs: 'refused' },
    ],
  },
  ZeroPadding2D: {
    defaults: ['ZeroPadding2D', { padding: 1 }],
    cases: [
      {
        call: 'ZeroPadding2D([[0, 1], [2, 0]])',
        inputs: [[2, 1, 3]],
        output: [3, 3, 3],
        apart: { in: [2], out: [2] },
        tfjs: ['ZeroPadding2D'],
      },
      {
        call: 'ZeroPadding2D([1, 0])',
        inputs: [[1, 2, 2]],
        output: [3, 2, 2],
        apart: { in: [2], out: [2] },
        tfjs: ['ZeroPadding2D'],
      },
    ],
  },
} satisfies Readonly<Record<string, LayerEntry>>;
