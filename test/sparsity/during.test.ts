import { describe, expect, test } from 'vitest';
import { stepProgram } from '../../src/compiler/4-program/index.js';
import { actsIn } from '../../src/sparsity/during.js';
import { lower } from '../parity/support.js';

const sparse = { name: 'sparse', finetune: false };
const polish = { name: 'polish', finetune: false };
const finetune = { name: 'finetune', finetune: true };

describe('the phases in which a method acts', () => {
  test.each([
    [undefined, [true, true, false]],
    ['sparse', [true, false, false]],
    ['finetune', [false, false, true]],
    [
      ['sparse', 'finetune'],
      [true, false, true],
    ],
    [[], [false, false, false]],
  ] as const)('during: %j', (during, wanted) => {
    expect([sparse, polish, finetune].map((phase) => actsIn(during, phase))).toEqual(wanted);
  });

  test('are those whose step programs hold its penalty', () => {
    const { spec, network } = lower(`
model Net @l2(1e-3) {
  x  = Input(4)
  fc = Dense(3) @dropneuron(0.1, during: sparse) @l1(0.2, during: [polish, finetune])
  y  = Dense(1) @l1(0.3, during: finetune)
}
data { source: sparse_regression }
train { loss: mse; phases { sparse { epochs: 1 }; polish { epochs: 1; optimizer: sgd } } }
simplify { finetune { epochs: 1 } }
`);
    const penaltiesOf = (phase: (typeof spec.train.phases)[number], isFinetune: boolean) =>
      stepProgram(network, { ...phase, finetune: isFinetune }).penalties;
    const [first, second] = spec.train.phases;
    expect(penaltiesOf(first!, false)).toEqual(['l2', 'dropneuron']);
    expect(penaltiesOf(second!, false)).toEqual(['l2', 'l1']);
    expect(penaltiesOf(spec.simplify.finetune!, true)).toEqual(['l1']);
  });
});
