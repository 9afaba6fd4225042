import type { LayerCase, LayerEntry } from './case.js';

/** An activation with a layer of its own, with the classes of its default and of another call in TensorFlow.js. */
function elementwise(word: string, args: object, other: string, tfjs: LayerCase['tfjs']): LayerEntry {
  return {
    defaults: [word, { ...args }],
    cases: [
      { call: word, inputs: [[4]], output: [4], apart: { in: [0], out: [0] }, tfjs: [word] },
      { call: other, inputs: [[2, 3]], output: [2, 3], apart: { in: [0, 1], out: [0, 1] }, tfjs },
    ],
  };
}

/** Activations that are layers. */
export const activationLayers = {
  ELU: elementwise('ELU', { alpha: 1 }, 'ELU(0.5)', 'refused'),
  LeakyReLU: elementwise('LeakyReLU', { negative_slope: 0.3 }, 'LeakyReLU(0.1)', ['LeakyReLU']),
  PReLU: {
    defaults: ['PReLU', { alpha_initializer: { word: 'zeros', arguments: {} }, shared_axes: [] }],
    cases: [
      {
        call: 'PReLU',
        inputs: [[4]],
        output: [4],
        params: { alpha: [4] },
        apart: { in: [0], out: [0] },
        tfjs: ['PReLU'],
      },
      {
        call: 'PReLU(shared_axes: [1])',
        inputs: [[2, 3]],
        output: [2, 3],
        params: { alpha: [1, 3] },
        apart: { in: [0, 1], out: [0, 1] },
        tfjs: ['PReLU'],
      },
      {
        call: 'PReLU',
        inputs: [[2, 2, 3]],
        output: [2, 2, 3],
        params: { alpha: [2, 2, 3] },
        apart: { in: [0, 1, 2] },
        tfjs: ['PReLU'],
      },
    ],
  },
  ReLU: elementwise('ReLU', { negative_slope: 0, threshold: 0 }, 'ReLU(0.5, negative_slope: 0.1)', 'refused'),
  Softmax: {
    defaults: ['Softmax', { axis: -1 }],
    cases: [
      { call: 'Softmax', inputs: [[4]], output: [4], apart: {}, tfjs: ['Softmax'] },
      { call: 'Softmax', inputs: [[3, 4]], output: [3, 4], apart: { in: [0], out: [0] }, tfjs: ['Softmax'] },
      { call: 'Softmax(axis: 1)', inputs: [[3, 4]], output: [3, 4], apart: { in: [1], out: [1] }, tfjs: 'refused' },
    ],
  },
} satisfies Readonly<Record<string, LayerEntry>>;
