import type { LayerEntry } from './case.js';

const linear = { word: 'linear', arguments: {} };

/** Layers of every network: dense ones and what changes shapes and values around them. */
export const core = {
  Activation: {
    defaults: ['Activation(relu)', { activation: { word: 'relu', arguments: { negative_slope: 0, threshold: 0 } } }],
    cases: [
      { call: 'Activation(tanh)', inputs: [[4]], output: [4], apart: { in: [0], out: [0] }, tfjs: ['Activation'] },
      {
        call: 'Activation(relu)',
        inputs: [[2, 3]],
        output: [2, 3],
        apart: { in: [0, 1], out: [0, 1] },
        tfjs: ['Activation'],
      },
      { call: 'Activation(softmax)', inputs: [[4]], output: [4], apart: {}, tfjs: ['Activation'] },
      {
        call: 'Activation(softmax)',
        inputs: [[3, 4]],
        output: [3, 4],
        apart: { in: [0], out: [0] },
        tfjs: ['Activation'],
      },
      {
        call: 'Activation(celu(0.5))',
        inputs: [[2, 2, 2]],
        output: [2, 2, 2],
        apart: { in: [0, 1, 2] },
        tfjs: 'refused',
      },
    ],
  },
  Dense: {
    defaults: [
      'Dense(3)',
      {
        units: 3,
        activation: linear,
        use_bias: true,
        kernel_initializer: { word: 'glorot_uniform', arguments: {} },
        bias_initializer: { word: 'zeros', arguments: {} },
      },
    ],
    cases: [
      {
        call: 'Dense(3)',
        inputs: [[4]],
        output: [3],
        params: { kernel: [4, 3], bias: [3] },
        multiplyAdds: 12,
        apart: { out: [0] },
        tfjs: ['Dense'],
      },
      {
        call: 'Dense(3, activation: sigmoid, use_bias: false)',
        inputs: [[2, 4]],
        output: [2, 3],
        params: { kernel: [4, 3] },
        multiplyAdds: 24,
        apart: { in: [0], out: [0, 1] },
        tfjs: ['Dense'],
      },
      {
        call: 'Dense(5, activation: relu)',
        inputs: [[2, 3, 2]],
        output: [2, 3, 5],
        params: { kernel: [2, 5], bias: [5] },
        multiplyAdds: 60,
        apart: { in: [0, 1], out: [0, 1, 2] },
        tfjs: ['Dense'],
      },
      {
        call: 'Dense(3, activation: softmax)',
        inputs: [[2, 4]],
        output: [2, 3],
        params: { kernel: [4, 3], bias: [3] },
        multiplyAdds: 24,
        apart: { in: [0], out: [0] },
        tfjs: ['Dense'],
      },
      {
        call: 'Dense(2, activation: squareplus)',
        inputs: [[1]],
        output: [2],
        params: { kernel: [1, 2], bias: [2] },
        multiplyAdds: 2,
        apart: { out: [0] },
        tfjs: 'refused',
      },
    ],
  },
  Dropout: {
    defaults: ['Dropout(0.5)', { rate: 0.5 }],
    cases: [
      {
        call: 'Dropout(0.4)',
        inputs: [[6]],
        output: [6],
        apart: { in: [0], out: [0] },
        tfjs: ['Dropout'],
        random: true,
      },
      {
        call: 'Dropout(0.4)',
        inputs: [[3, 4]],
        output: [3, 4],
        apart: { in: [0, 1] },
        tfjs: ['Dropout'],
        random: true,
      },
      { call: 'Dropout(0)', inputs: [[6]], output: [6], apart: { in: [0] }, tfjs: ['Dropout'] },
    ],
  },
  Flatten: {
    defaults: ['Flatten', {}],
    cases: [
      { call: 'Flatten', inputs: [[4]], output: [4], apart: { in: [0], out: [0] }, tfjs: ['Reshape'] },
      { call: 'Flatten', inputs: [[2, 3]], output: [6], apart: { in: [0, 1], out: [0] }, tfjs: ['Flatten'] },
      { call: 'Flatten', inputs: [[2, 3, 2]], output: [12], apart: { in: [0, 1, 2], out: [0] }, tfjs: ['Flatten'] },
      { call: 'Flatten', inputs: [[1, 3, 1]], output: [3], apart: { in: [1], out: [0] }, tfjs: ['Flatten'] },
      {
        call: 'Flatten(keep: [5, 0..2])',
        inputs: [[2, 3]],
        output: [4],
        apart: { in: [0, 1], out: [0] },
        tfjs: ['Flatten', 'DropNeuronKeep'],
      },
    ],
  },
  Input: {
    defaults: ['Input(3)', { shape: [3] }],
    cases: [
      { call: 'Input(5)', inputs: [], output: [5], apart: { out: [0] }, tfjs: ['InputLayer'] },
      { call: 'Input(2, 3, 1)', inputs: [], output: [2, 3, 1], apart: { out: [0, 1, 2] }, tfjs: ['InputLayer'] },
      {
        call: 'Input(5, keep: [4, 1])',
        inputs: [],
        output: [2],
        apart: { out: [0] },
        tfjs: ['InputLayer', 'DropNeuronKeep'],
      },
    ],
  },
  Rescaling: {
    defaults: ['Rescaling(0.5)', { scale: 0.5, offset: 0 }],
    cases: [
      { call: 'Rescaling(0.5)', inputs: [[4]], output: [4], apart: { in: [0], out: [0] }, tfjs: ['Rescaling'] },
      {
        call: 'Rescaling(-2, offset: 0.25)',
        inputs: [[2, 3]],
        output: [2, 3],
        apart: { in: [0, 1] },
        tfjs: ['Rescaling'],
      },
    ],
  },
  Reshape: {
    defaults: ['Reshape(12)', { target_shape: [12] }],
    cases: [
      { call: 'Reshape(12)', inputs: [[3, 4]], output: [12], apart: { in: [0, 1], out: [0] }, tfjs: ['Reshape'] },
      { call: 'Reshape(4, 1)', inputs: [[4]], output: [4, 1], apart: { in: [0], out: [0] }, tfjs: ['Reshape'] },
      {
        call: 'Reshape(2, 1, 3)',
        inputs: [[1, 2, 3]],
        output: [2, 1, 3],
        apart: { in: [1, 2], out: [0, 2] },
        tfjs: ['Reshape'],
      },
      { call: 'Reshape(2, 3)', inputs: [[6]], output: [2, 3], apart: {}, tfjs: ['Reshape'] },
      { call: 'Reshape(3, 2)', inputs: [[2, 3]], output: [3, 2], apart: {}, tfjs: ['Reshape'] },
      { call: 'Reshape(6, 4)', inputs: [[2, 3, 4]], output: [6, 4], apart: { in: [2], out: [1] }, tfjs: ['Reshape'] },
      {
        call: 'Reshape(2, 3, 4)',
        inputs: [[6, 4]],
        output: [2, 3, 4],
        apart: { in: [1], out: [2] },
        tfjs: ['Reshape'],
      },
      {
        call: 'Reshape(2, 12)',
        inputs: [[2, 3, 4]],
        output: [2, 12],
        apart: { in: [0, 1, 2], out: [0, 1] },
        tfjs: ['Reshape'],
      },
      {
        call: 'Reshape(6, keep: [3, 1, 5])',
        inputs: [[2, 3]],
        output: [3],
        apart: { in: [0, 1], out: [0] },
        tfjs: ['Reshape', 'DropNeuronKeep'],
      },
    ],
  },
} satisfies Readonly<Record<string, LayerEntry>>;
