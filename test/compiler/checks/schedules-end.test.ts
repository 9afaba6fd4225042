import { expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';

/** The warnings about schedules that training ends before. */
function warned(method: string, train = 'epochs: 2'): readonly string[] {
  const text = `model Net ${method} {
  x = Input(20)
  a = Dense(8)
  b = Dense(8)
  y = Dense(1)
}
data { source: sparse_regression(features: 20, samples: 300); validation: 50 }
train { loss: mse; ${train} }
`;
  return compile(new Source('net.dn', text)).warnings.flatMap(({ code, message, help }) =>
    code === 'schedule-unfinished' ? [`${message} | ${help.join(' | ')}`] : [],
  );
}

test.each([
  [
    '@magnitude(0.5, schedule: linear, end: 30)',
    '50% is reached at the end of epoch 30, and it acts for 2 epochs: 3.3% become 0',
  ],
  [
    '@magnitude(0.5, schedule: polynomial, end: 4)',
    '50% is reached at the end of epoch 4, and it acts for 2 epochs: 44% become 0',
  ],
  ['@magnitude(0.5, schedule: linear, begin: 3)', 'at the end of epoch 4, and it acts for 2 epochs: 0% become 0'],
  [
    '@prune_large(0.8, large: 0.1, turn: 1, end: 8)',
    '80% is reached at the end of epoch 8, and it acts for 2 epochs: 20% become 0',
  ],
  [
    '@targeted_dropout(0.5, ramp: 4)',
    '`rate` rises to 50% over 4 epochs, and it acts for 2 epochs: in the last one it is 13%',
  ],
  [
    '@targeted_dropout(0.5, 0.8, target_ramp: 2)',
    '`target_rate` rises to 80% over 2 epochs, and it acts for 2 epochs: in the last one it is 40%',
  ],
  [
    '@information_bottleneck(1e-3, warm_up: 4)',
    'comes in over 4 epochs, and it acts for 2 epochs: in the last one 25% of it counts',
  ],
  ['@variational(1e-3)', 'comes in over 5 epochs, and it acts for 2 epochs: in the last one 20% of it counts'],
  [
    '@dropnet(2)',
    'units go at the end of a cycle of 2 epochs, if another epoch follows, and it acts for 2 epochs: none go',
  ],
  [
    '@learn_and_drop(patience: 2)',
    'layers are frozen after 2 epochs without change, if another follows, and it acts for 2 epochs: none are',
  ],
])('what training ends before is told once, with what is reached: %s', (method, reason) => {
  const [one, ...others] = warned(method);
  expect(others).toEqual([]);
  expect(one).toContain(reason);
  expect(one).toMatch(/ \| (write|leave|train) /);
});

test.each([
  ['@magnitude(0.5)'],
  ['@magnitude(0.5, schedule: linear)'],
  ['@magnitude(0.5, schedule: linear, end: 2)'],
  ['@prune_large(0.8, turn: 1, end: 2)'],
  ['@prune_large(0.8)'],
  ['@targeted_dropout(0.5, 0.8, ramp: 1, target_ramp: 1)'],
  ['@information_bottleneck(1e-3, warm_up: 1)'],
  ['@variational(1e-3, warm_up: 0)'],
  ['@dropnet(1)'],
  ['@learn_and_drop'],
  ['@learn_and_drop(patience: 2)', 'epochs: 3'],
  ['@magnitude(0.5, schedule: linear, end: 30)', 'steps: 40'],
  ['@magnitude(0.5, schedule: linear, end: 30)', 'phases { a { epochs: 1 }; b { epochs: 30 } }'],
  ['@variational(1e-3, warm_up: 3)', 'phases { a { epochs: 2 }; b { epochs: 2 } }'],
])('what comes to its end, or may, is not told of: %s %s', (method, train?: string) => {
  expect(warned(method, train)).toEqual([]);
});

test('only the phases that are named count', () => {
  const phases = 'phases { a { epochs: 2 }; b { epochs: 30 } }';
  expect(warned('@magnitude(0.5, schedule: linear, end: 30, during: a)', phases)).toHaveLength(1);
  expect(warned('@magnitude(0.5, schedule: linear, end: 30, during: b)', phases)).toEqual([]);
});
