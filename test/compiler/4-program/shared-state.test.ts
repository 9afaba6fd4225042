import { describe, expect, it } from 'vitest';
import type { Tensor64 } from '../../../src/program/program.js';
import { firstStep, lowered, run, scalarsOf, stateOf } from './support.js';

const NET = `
model Net {
  a     = Input(1)
  b     = Input(1)
  norm  = BatchNormalization(momentum: 0.75) <- a
  again = Shared(norm) <- b
  both  = Concatenate <- norm, again
  out   = Dense(1)
}
data { source: sparse_regression }
train { loss: mse; optimizer: sgd; epochs: 1 }
`;

const column = (...data: number[]): Tensor64 => ({
  dtype: 'float',
  shape: [data.length, 1],
  data: Float64Array.from(data),
});
const one = (value: number): Tensor64 => ({ dtype: 'float', shape: [1], data: Float64Array.of(value) });

describe('a batch norm that is called twice', () => {
  const both = lowered(NET);
  const step = firstStep(both);
  const target = step.program.inputs.find(({ name, role }) => role === 'batch' && !['a', 'b'].includes(name))!.name;
  const { state } = run(
    step.program,
    {
      ...stateOf(both.network, step, 'state'),
      'norm.moving_mean': one(8),
      'norm.moving_variance': one(16),
      a: column(1, 3),
      b: column(10, 30),
      [target]: column(0, 0),
    },
    scalarsOf(step, { step: 1, learningRate: 0.1, rows: 2 }),
  );

  it('moves its statistics once at each call, in the order of the calls, as Keras does', () => {
    // Of a: mean 2, variance 1; of b: mean 20, variance 100.
    expect(state['norm.moving_mean']!.data[0]).toBeCloseTo((8 * 0.75 + 2 * 0.25) * 0.75 + 20 * 0.25, 12);
    expect(state['norm.moving_variance']!.data[0]).toBeCloseTo((16 * 0.75 + 1 * 0.25) * 0.75 + 100 * 0.25, 12);
  });
});
