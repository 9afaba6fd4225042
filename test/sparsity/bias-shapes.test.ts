import { describe, expect, test } from 'vitest';
import { kernelsOf, stepProgram } from '../../src/compiler/4-program/index.js';
import { biasOverKernel } from '../../src/compiler/4-program/kernels.js';
import { lower } from '../parity/support.js';

/** A layer between an input and an output, and the shape in which the bias of each of its kernels stands over it. */
const cases: readonly (readonly [input: string, layer: string, shapes: Readonly<Record<string, readonly number[]>>])[] =
  [
    ['4', 'Dense(3)', { kernel: [1, 3] }],
    ['5, 5, 2', 'Conv2D(4, 3)', { kernel: [1, 1, 1, 4] }],
    ['5, 5, 2', 'Conv2D(6, 3, groups: 2)', { kernel: [1, 1, 1, 2, 3] }],
    ['5, 5, 2', 'Conv2DTranspose(4, 3)', { kernel: [1, 1, 4, 1] }],
    ['5, 5, 2', 'DepthwiseConv2D(3, depth_multiplier: 3)', { kernel: [1, 1, 2, 3] }],
    ['5, 5, 2', 'SeparableConv2D(4, 3)', { pointwise_kernel: [1, 1, 1, 4] }],
    ['4, 3', 'LSTM(5)', { kernel: [1, 4, 5] }],
    ['4, 3', 'GRU(5)', { kernel: [1, 3, 5], recurrent_kernel: [1, 3, 5] }],
    [
      '4, 3',
      'MultiHeadAttention(2, 5)',
      { query_kernel: [1, 2, 5], key_kernel: [1, 2, 5], value_kernel: [1, 2, 5], output_kernel: [1, 1, 3] },
    ],
  ];

describe.each(cases)('the bias of Input(%s), %s', (input, layer, shapes) => {
  const reads = layer.startsWith('MultiHead') ? ' <- x, x' : '';
  const { spec, network } = lower(`
model Net {
  x = Input(${input})
  a = ${layer}${reads} @group_lasso(1)
  f = Flatten
  y = Dense(1)
}
data { source: mnist }
train { loss: mse; optimizer: sgd; epochs: 1 }
`);

  test('stands over the kernel where its units do', () => {
    const found = kernelsOf(network, 'a').flatMap((kernel) =>
      kernel.bias ? [[kernel.param.tensor, biasOverKernel(kernel, kernel.bias)]] : [],
    );
    expect(Object.fromEntries(found)).toEqual(shapes);
  });

  test('moves with the group: the step program is written', () => {
    const phase = { ...spec.train.phases[0]!, finetune: false };
    expect(stepProgram(network, phase).penalties).toEqual(['group_lasso']);
  });
});
