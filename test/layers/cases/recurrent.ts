import type { LayerEntry } from './case.js';

const word = (name: string, args: Readonly<Record<string, unknown>> = {}) => ({ word: name, arguments: args });

/** Arguments of every recurrent layer after stage 1. */
const weights = {
  use_bias: true,
  kernel_initializer: word('glorot_uniform'),
  recurrent_initializer: word('orthogonal', { gain: 1 }),
  bias_initializer: word('zeros'),
};
const last = {
  dropout: 0,
  recurrent_dropout: 0,
  return_sequences: false,
  return_state: false,
  go_backwards: false,
  stateful: false,
};

/** Layers that go over the steps of a sequence. */
export const recurrent = {
  SimpleRNN: {
    defaults: ['SimpleRNN(3)', { units: 3, activation: word('tanh'), ...weights, ...last }],
    cases: [
      {
        call: 'SimpleRNN(3)',
        inputs: [[4, 2]],
        output: [3],
        params: { kernel: [2, 3], recurrent_kernel: [3, 3], bias: [3] },
        multiplyAdds: 60,
        apart: { out: [0] },
        tfjs: ['SimpleRNN'],
      },
      {
        call: 'SimpleRNN(2, activation: sigmoid, use_bias: false, return_sequences: true, go_backwards: true)',
        inputs: [[3, 4]],
        output: [3, 2],
        params: { kernel: [4, 2], recurrent_kernel: [2, 2] },
        multiplyAdds: 36,
        apart: { out: [1] },
        tfjs: ['SimpleRNN'],
      },
      {
        call: 'SimpleRNN(3, activation: softmax)',
        inputs: [[2, 2]],
        output: [3],
        params: { kernel: [2, 3], recurrent_kernel: [3, 3], bias: [3] },
        multiplyAdds: 30,
        apart: {},
        tfjs: ['SimpleRNN'],
      },
      {
        call: 'SimpleRNN(3, dropout: 0.4, recurrent_dropout: 0.3, return_state: true)',
        inputs: [[3, 4]],
        output: [3],
        outputs: [[3], [3]],
        params: { kernel: [4, 3], recurrent_kernel: [3, 3], bias: [3] },
        multiplyAdds: 63,
        apart: { out: [0] },
        tfjs: 'refused',
        random: true,
      },
    ],
  },
  LSTM: {
    defaults: [
      'LSTM(3)',
      {
        units: 3,
        activation: word('tanh'),
        recurrent_activation: word('sigmoid'),
        ...weights,
        unit_forget_bias: true,
        ...last,
      },
    ],
    cases: [
      {
        call: 'LSTM(3)',
        inputs: [[4, 2]],
        output: [3],
        params: { kernel: [2, 4, 3], recurrent_kernel: [3, 4, 3], bias: [4, 3] },
        multiplyAdds: 240,
        apart: { out: [0] },
        tfjs: ['LSTM'],
      },
      {
        call: 'LSTM(2, use_bias: false, dropout: 0.4, return_sequences: true, go_backwards: true)',
        inputs: [[3, 4]],
        output: [3, 2],
        params: { kernel: [4, 4, 2], recurrent_kernel: [2, 4, 2] },
        multiplyAdds: 144,
        apart: { out: [1] },
        tfjs: ['LSTM'],
        random: true,
      },
      {
        call: 'LSTM(2, activation: relu, recurrent_activation: hard_sigmoid, dropout: 0.2, recurrent_dropout: 0.3, return_state: true)',
        inputs: [[3, 2]],
        output: [2],
        outputs: [[2], [2], [2]],
        params: { kernel: [2, 4, 2], recurrent_kernel: [2, 4, 2], bias: [4, 2] },
        multiplyAdds: 96,
        apart: { out: [0] },
        tfjs: 'refused',
        random: true,
      },
    ],
  },
  GRU: {
    defaults: [
      'GRU(3)',
      {
        units: 3,
        activation: word('tanh'),
        recurrent_activation: word('sigmoid'),
        ...weights,
        ...last,
        reset_after: true,
      },
    ],
    cases: [
      {
        call: 'GRU(3)',
        inputs: [[4, 2]],
        output: [3],
        params: { kernel: [2, 3, 3], recurrent_kernel: [3, 3, 3], bias: [3, 3], recurrent_bias: [3, 3] },
        multiplyAdds: 180,
        apart: { out: [0] },
        tfjs: 'refused',
      },
      {
        call: 'GRU(2, reset_after: false, return_sequences: true)',
        inputs: [[3, 4]],
        output: [3, 2],
        params: { kernel: [4, 3, 2], recurrent_kernel: [2, 3, 2], bias: [3, 2] },
        multiplyAdds: 108,
        apart: { out: [1] },
        tfjs: ['GRU'],
      },
      {
        call: 'GRU(2, reset_after: false, use_bias: false, recurrent_dropout: 0.3, go_backwards: true)',
        inputs: [[3, 2]],
        output: [2],
        params: { kernel: [2, 3, 2], recurrent_kernel: [2, 3, 2] },
        multiplyAdds: 72,
        apart: { out: [0] },
        tfjs: ['GRU'],
        random: true,
      },
      {
        call: 'GRU(3, dropout: 0.5, recurrent_dropout: 0.5, return_state: true)',
        inputs: [[3, 4]],
        output: [3],
        outputs: [[3], [3]],
        params: { kernel: [4, 3, 3], recurrent_kernel: [3, 3, 3], bias: [3, 3], recurrent_bias: [3, 3] },
        multiplyAdds: 189,
        apart: { out: [0] },
        tfjs: 'refused',
        random: true,
      },
    ],
  },
} as const satisfies Record<string, LayerEntry>;
