import { describe, expect, it } from 'vitest';
import { stepProgram } from '../../../../src/compiler/4-program/index.js';
import { optimizers } from '../../../../src/optimizers/index.js';
import { splitUpdate } from '../../../../src/program/passes/split.js';
import { lower } from '../../../parity/support.js';
import { expectAgrees, numbers } from './against-evaluate.js';

/** The update region of a step on a small network with a proximal step, with further keys of `train`. */
function updateOf(optimizer: string, keys = '') {
  const { spec, network } = lower(`
model Net @dropneuron(li: 0.01, lo: 0.02) {
  x = Input(6)
  fc = Dense(9, activation: relu)
  y = Dense(3)
}
data { source: sparse_regression }
train { loss: mse; epochs: 1; optimizer: ${optimizer}; ${keys} }
`);
  return splitUpdate(stepProgram(network, { ...spec.train.phases[0]!, finetune: false }).program).update;
}

/** The state and what comes from the batch as numbers around 0; slots that hold squares are none below 0. */
const value = () => {
  const next = numbers(7);
  return (name: string) =>
    /square|variance/.test(name) ? Math.abs(next()) : name.startsWith('optimizer.') ? 0.5 : next();
};

describe('the update pass takes', () => {
  it.each(Object.keys(optimizers))('%s with its defaults', async (word) => {
    await expectAgrees(updateOf(word), value());
  });

  it.each([
    'sgd(0.1, momentum: 0.9, nesterov: true)',
    'rmsprop(0.01, momentum: 0.9, centered: true)',
    'lion(0.001, weight_decay: 0.1)',
  ])('%s', async (call) => {
    await expectAgrees(updateOf(call), value());
  });

  it.each(['clip_value: 0.1', 'clip_norm: 0.1', 'global_clip_norm: 0.1', 'ema_momentum: 0.9'])('%s', async (keys) => {
    const update = updateOf('adam', keys);
    expect(update.instructions.length).toBeGreaterThan(updateOf('adam').instructions.length);
    await expectAgrees(update, value());
  });
});
