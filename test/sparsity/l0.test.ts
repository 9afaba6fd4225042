import { expect, test } from 'vitest';
import { Builder } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { gradient } from '../../src/program/gradient.js';
import type { Tensor64 } from '../../src/program/program.js';
import { l0 } from '../../src/sparsity/l0.js';
import type { Site } from '../../src/sparsity/method.js';
import { withDefaults } from '../parity/support.js';

const site: Site = { layer: 'fc', tensor: 'kernel', kernelShape: [3, 2], incoming: [0], outgoing: [1] };
const exact = (shape: readonly number[], data: readonly number[]): Tensor64 => ({
  dtype: 'float',
  shape,
  data: Float64Array.from(data),
});

/** What the method computes of a kernel of ones for gates with these logits and random numbers. */
function computed(logits: readonly number[], uniform: readonly number[], lambda = 0.5) {
  const args = withDefaults(l0, { lambda });
  const b = new Builder();
  const kernel = b.state('kernel', [3, 2]);
  const logit = b.state('logit', [3, 1]);
  const at = { arguments: args as never, site, kernel, tensors: { logit }, input: undefined, addsUp: false };
  const drawn = b.state('uniform', [3, 1]);
  const training = l0.mask!(b, { ...at, mode: 'training', random: () => drawn })!.kernel!;
  b.result('training', training);
  b.result('inference', l0.mask!(b, { ...at, mode: 'inference', random: () => drawn })!.kernel!);
  const penalty = l0.penalty!(b, { ...at, bias: undefined, learningRate: b.constant(0), diagonal: undefined });
  b.result('penalty', penalty);
  b.result('slope', gradient(b, b.add(b.sum(training), penalty), [logit])[0]!);
  return evaluate(b.build('l0'), {
    kernel: exact([3, 2], [1, 1, 1, 1, 1, 1]),
    logit: exact([3, 1], logits),
    uniform: exact([3, 1], uniform),
  }).results;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

test('gates are those of equations 10 and 13 of the paper', () => {
  const [logits, uniform] = [
    [0.3, -5, 6],
    [0.25, 0.5, 0.9],
  ];
  const { training, inference, penalty } = computed(logits, uniform);
  const gate = (logit: number, u: number) =>
    Math.min(1, Math.max(0, sigmoid((Math.log(u / (1 - u)) + logit) / (2 / 3)) * 1.2 - 0.1));
  logits.forEach((logit, k) => {
    expect(training!.data[2 * k]).toBeCloseTo(gate(logit, uniform[k]!), 12);
    expect(inference!.data[2 * k]).toBeCloseTo(Math.min(1, Math.max(0, sigmoid(logit) * 1.2 - 0.1)), 12);
  });
  // A gate that is closed and one that is open are exactly 0 and 1.
  expect([...inference!.data.slice(2)]).toEqual([0, 0, 1, 1]);
  const open = logits.map((logit) => sigmoid(logit - (2 / 3) * Math.log(0.1 / 1.1)));
  expect(penalty!.data[0]).toBeCloseTo(0.5 * 2 * open.reduce((all, p) => all + p, 0), 12);
});

test('stays finite where a random number is 0 or nearly 1, and closed gates still have a slope', () => {
  const { training, slope } = computed([-40, 0, 40], [0, 1 - 2 ** -24, 0.5]);
  expect([...training!.data, ...slope!.data].every(Number.isFinite)).toBe(true);
  const { slope: closed } = computed([-1, -1, -1], [0.001, 0.001, 0.001]);
  expect(closed!.data[0]).toBeGreaterThan(0);
});

test('starts where `drop` says', () => {
  const { logit } = l0.tensors!(withDefaults(l0, { lambda: 1, drop: 0.5 }) as never, site);
  expect(logit).toEqual({ per: 'read unit', start: 0 });
});
