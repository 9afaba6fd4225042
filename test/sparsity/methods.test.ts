import { describe, expect, test } from 'vitest';
import { methods } from '../../src/sparsity/index.js';
import type { SparsityMethod } from '../../src/sparsity/method.js';
import { withDefaults } from '../parity/support.js';
import { column, columnNorms, type Matrix, moments, norm, rowNorms, sum } from './support.js';

const kernel: Matrix = [
  [0.5, -1, 0, 2],
  [0, 0, 0, 0],
  [1.5, 2, 0, -0.25],
];
const bias = [0.5, -2, 0, 1];
const every = kernel.flat();

interface MethodCase {
  readonly arguments: Readonly<Record<string, unknown>>;
  /** The penalty by its definition, over the kernel and bias above. */
  readonly penalty: number;
  /** Whether training follows the penalty's gradient. */
  readonly differentiated: boolean;
  readonly hasProx: boolean;
  readonly cut: { readonly incoming: boolean; readonly outgoing: boolean } | undefined;
  /** Undefined: it has no spelling there. */
  readonly tfjs: Readonly<Record<string, unknown>> | undefined;
}

const li = sum(columnNorms(kernel));
const lo = sum(rowNorms(kernel));
/** What goes into each unit, with its bias. */
const withBias = bias.map((own, j) => [...column(kernel, j), own]);

/** Methods that are a penalty or a proximal step; test/runtime/run/methods.test.ts names all methods there are. */
const cases: Readonly<Partial<Record<keyof typeof methods, readonly MethodCase[]>>> = {
  dropneuron: [
    {
      arguments: { lambda: 0.1 },
      penalty: 0.1 * li + 0.1 * lo,
      differentiated: false,
      hasProx: true,
      cut: { incoming: true, outgoing: true },
      tfjs: { li: 0.1, lo: 0.1 },
    },
    {
      arguments: { lambda: 0.1, li: 0, solver: 'gradient' },
      penalty: 0.1 * lo,
      differentiated: true,
      hasProx: false,
      cut: { incoming: false, outgoing: true },
      tfjs: { li: 0, lo: 0.1 },
    },
    {
      arguments: { li: 0.3, solver: 'gradient' },
      penalty: 0.3 * li,
      differentiated: true,
      hasProx: false,
      cut: { incoming: true, outgoing: false },
      tfjs: { li: 0.3, lo: 0 },
    },
    {
      arguments: { lambda: 0.1, lo: 0.7 },
      penalty: 0.1 * li + 0.7 * lo,
      differentiated: false,
      hasProx: true,
      cut: { incoming: true, outgoing: true },
      tfjs: { li: 0.1, lo: 0.7 },
    },
    {
      arguments: { lambda: 0.1, reweighted: true, delta: 0.25 },
      penalty: 0.1 * (reweighted(columnNorms(kernel), 0.25) + reweighted(rowNorms(kernel), 0.25)),
      differentiated: false,
      hasProx: true,
      cut: { incoming: true, outgoing: true },
      tfjs: { li: 0.1, lo: 0.1, delta: 0.25 },
    },
  ],
  elastic: [
    {
      arguments: { l1: 0.2, l2: 0.3 },
      penalty: 0.2 * sum(every.map(Math.abs)) + 0.3 * sum(every.map((w) => w * w)),
      differentiated: true,
      hasProx: false,
      cut: undefined,
      tfjs: { l1: 0.2, l2: 0.3 },
    },
    {
      arguments: { l1: 0.2, l2: 0, bias: true, solver: 'proximal' },
      penalty: 0.2 * (sum(every.map(Math.abs)) + sum(bias.map(Math.abs))),
      differentiated: false,
      hasProx: true,
      cut: undefined,
      tfjs: { l1: 0.2, l2: 0, bias: { l1: 0.2, l2: 0 } },
    },
    {
      arguments: { l1: 0, l2: 0.3 },
      penalty: 0.3 * sum(every.map((w) => w * w)),
      differentiated: true,
      hasProx: false,
      cut: undefined,
      tfjs: { l1: 0, l2: 0.3 },
    },
  ],
  group_lasso: [
    {
      arguments: { lambda: 0.1 },
      penalty: 0.1 * Math.sqrt(4) * sum(withBias.map(norm)),
      differentiated: false,
      hasProx: true,
      cut: { incoming: true, outgoing: false },
      tfjs: undefined,
    },
    {
      arguments: { lambda: 0.1, bias: false, solver: 'gradient' },
      penalty: 0.1 * Math.sqrt(3) * li,
      differentiated: true,
      hasProx: false,
      cut: { incoming: true, outgoing: false },
      tfjs: undefined,
    },
    {
      arguments: { lambda: 0.1, side: 'outgoing' },
      penalty: 0.1 * Math.sqrt(4) * lo,
      differentiated: false,
      hasProx: true,
      cut: { incoming: false, outgoing: true },
      tfjs: undefined,
    },
  ],
  sparse_group_lasso: [
    {
      arguments: { lambda: 0.1, alpha: 0.25 },
      penalty: 0.1 * (0.75 * 2 * sum(withBias.map(norm)) + 0.25 * sum([...every, ...bias].map(Math.abs))),
      differentiated: false,
      hasProx: true,
      cut: { incoming: true, outgoing: false },
      tfjs: undefined,
    },
    {
      arguments: { lambda: 0.1, side: 'outgoing', solver: 'gradient' },
      penalty: 0.05 * 2 * lo + 0.05 * sum(every.map(Math.abs)),
      differentiated: true,
      hasProx: false,
      cut: { incoming: false, outgoing: true },
      tfjs: undefined,
    },
  ],
  l1: [
    {
      arguments: { lambda: 0.2, solver: 'proximal' },
      penalty: 0.2 * sum(every.map(Math.abs)),
      differentiated: false,
      hasProx: true,
      cut: undefined,
      tfjs: { l1: 0.2 },
    },
    {
      arguments: { lambda: 0.2 },
      penalty: 0.2 * sum(every.map(Math.abs)),
      differentiated: true,
      hasProx: false,
      cut: undefined,
      tfjs: { l1: 0.2 },
    },
    {
      arguments: { lambda: 0.2, bias: true },
      penalty: 0.2 * (sum(every.map(Math.abs)) + sum(bias.map(Math.abs))),
      differentiated: true,
      hasProx: false,
      cut: undefined,
      tfjs: { l1: 0.2, bias: { l1: 0.2 } },
    },
  ],
  l2: [
    {
      arguments: { lambda: 0.2 },
      penalty: 0.2 * sum(every.map((w) => w * w)),
      differentiated: true,
      hasProx: false,
      cut: undefined,
      tfjs: { l2: 0.2 },
    },
    {
      arguments: { lambda: 0.2, bias: true },
      penalty: 0.2 * (sum(every.map((w) => w * w)) + sum(bias.map((w) => w * w))),
      differentiated: true,
      hasProx: false,
      cut: undefined,
      tfjs: { l2: 0.2, bias: { l2: 0.2 } },
    },
  ],
};

/** Σ ‖g‖ / (‖g‖ / mean of the non-zero norms + δ). */
function reweighted(norms: readonly number[], delta: number): number {
  const living = norms.filter((norm) => norm > 0);
  const mean = sum(living) / living.length;
  return sum(norms.map((norm) => norm / (norm / mean + delta)));
}

const all = Object.entries(cases).flatMap(([word, own]) =>
  own.map((one) => ({ word: word as keyof typeof methods, one })),
);

describe.each(all)('$word $one.arguments', ({ word, one }) => {
  const method: SparsityMethod = methods[word];
  const args = withDefaults(method, one.arguments);

  test('is called what its registry entry says, and names its source', () => {
    expect(method.keyword).toBe(word);
    expect(method.cite).not.toBe('');
  });

  test('has the penalty of its definition', () => {
    expect(moments(word, one.arguments, { kernel, bias }).penalty).toBeCloseTo(one.penalty, 13);
  });

  test('acts by its gradient or by a proximal step, never by both', () => {
    expect(method.differentiated?.(args) ?? true).toBe(one.differentiated);
    expect(moments(word, one.arguments, { kernel, bias }).prox !== undefined).toBe(one.hasProx);
    expect(one.differentiated && one.hasProx).toBe(false);
  });

  test('says what a threshold may cut', () => {
    expect(method.cut?.(args)).toEqual(one.cut);
  });

  test('is spelled as a regularizer', () => {
    expect(method.spelling.tfjs?.(args)).toEqual(one.tfjs);
  });

  test('works at a layer without a bias, and at one whose weights are all 0', () => {
    const dead = kernel.map((row) => row.map(() => 0));
    const found = moments(word, one.arguments, { kernel: dead, diagonal: kernel.map((row) => row.map(() => 1e-7)) });
    expect(found.penalty).toBe(0);
    expect(found.gradient.kernel.flat().every((x) => x === 0)).toBe(true);
    expect(found.prox?.flat().every((x) => x === 0) ?? true).toBe(true);
  });
});

test('gradients of l1 and l2, with and without the bias', () => {
  const l1 = moments('l1', { lambda: 0.2, bias: true }, { kernel, bias });
  expect(l1.gradient.kernel.flat()).toEqual(every.map((w) => 0.2 * Math.sign(w)));
  expect(l1.gradient.bias).toEqual(bias.map((w) => 0.2 * Math.sign(w)));
  expect(moments('l1', { lambda: 0.2 }, { kernel, bias }).gradient.bias).toEqual([-0, -0, -0, -0]);
  const l2 = moments('l2', { lambda: 0.2, bias: true }, { kernel, bias });
  l2.gradient.kernel.flat().forEach((slope, k) => {
    expect(slope).toBeCloseTo(0.4 * every[k]!, 14);
  });
  l2.gradient.bias.forEach((slope, k) => {
    expect(slope).toBeCloseTo(0.4 * bias[k]!, 14);
  });
});
