import { describe, expect, test } from 'vitest';
import type { methods } from '../../src/sparsity/index.js';
import { Random, seed } from '../program/support.js';
import { composedStep, jointStep, type Step } from './joint-step.js';
import { apart, column, type Matrix, mean, moments, norm, sum } from './support.js';

/** A penalty of numbers that are moved together, over and over: f(w) of a group, or of a number. */
type Penalty = (w: readonly number[]) => number;

/** D ‖w − z‖² / (2 · rate) + f(w). */
const objective = (w: readonly number[], z: readonly number[], stiffness: readonly number[], penalty: Penalty) =>
  sum(w.map((x, i) => 0.5 * stiffness[i]! * (x - z[i]!) ** 2)) + penalty(w);

/** The minimum of a convex function of one number, by cutting thirds away. */
function lowest(f: (x: number) => number, from: number, to: number): number {
  let [a, b] = [from, to];
  for (let k = 0; k < 50; k++) {
    const third = (b - a) / 3;
    if (f(a + third) < f(b - third)) b -= third;
    else a += third;
  }
  return (a + b) / 2;
}

/**
 * The minimiser by search alone: number by number, from z on, until nothing moves, and along the way that they go together, never fast to 0, where single numbers stand still that would go together; and 0 itself.
 * The function is smooth but where a number, or all of them, are 0, and apart in the numbers there.
 */
function searched(z: readonly number[], stiffness: readonly number[], penalty: Penalty): readonly number[] {
  const at = (w: readonly number[]) => objective(w, z, stiffness, penalty);
  const most = Math.max(...z.map(Math.abs)) + 1e-9;
  const w = [...z];
  for (let sweep = 0; sweep < 200; sweep++) {
    const before = [...w];
    for (let i = 0; i < w.length; i++) {
      const moved = lowest((x) => at(w.map((own, k) => (k === i ? x : own))), -most, most);
      const zero = w.map((own, k) => (k === i ? 0 : own));
      w[i] = at(zero) <= at(w.map((own, k) => (k === i ? moved : own))) ? 0 : moved;
    }
    // Powell 1964: on along the way that the numbers went together, and a little along the line to 0.
    const went = w.map((own, i) => own - before[i]!);
    const on = lowest((s) => at(w.map((own, i) => own + s * went[i]!)), -1, 40);
    const ahead = w.map((own, i) => own + on * went[i]!);
    if (at(ahead) < at(w)) for (const [i, own] of ahead.entries()) w[i] = own;
    const share = lowest((s) => at(w.map((own) => s * own)), 0.7, 1.4);
    const scaled = w.map((own) => share * own);
    if (at(scaled) < at(w)) for (const [i, own] of scaled.entries()) w[i] = own;
    if (Math.max(...w.map((own, i) => Math.abs(own - before[i]!))) < 1e-10) break;
  }
  const zeros = w.map(() => 0);
  return at(zeros) <= at(w) ? zeros : w;
}

interface StepCase {
  readonly word: keyof typeof methods;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Whether the bias of a unit moves with its weights. */
  readonly bias: boolean;
  /** What moves together: the numbers of a column, of a row, or every number alone. */
  readonly groups: 'columns' | 'rows' | 'numbers';
  readonly penalty: (w: readonly number[]) => number;
}

const absolute = (w: readonly number[]) => sum(w.map(Math.abs));
const cases: readonly StepCase[] = [
  {
    word: 'dropneuron',
    arguments: { li: 0.3, lo: 0 },
    bias: false,
    groups: 'columns',
    penalty: (w) => 0.3 * norm(w),
  },
  { word: 'dropneuron', arguments: { li: 0, lo: 0.3 }, bias: false, groups: 'rows', penalty: (w) => 0.3 * norm(w) },
  {
    word: 'group_lasso',
    arguments: { lambda: 0.15 },
    bias: true,
    groups: 'columns',
    penalty: (w) => 0.15 * Math.sqrt(w.length) * norm(w),
  },
  {
    word: 'group_lasso',
    arguments: { lambda: 0.15, bias: false },
    bias: false,
    groups: 'columns',
    penalty: (w) => 0.15 * Math.sqrt(w.length) * norm(w),
  },
  {
    word: 'group_lasso',
    arguments: { lambda: 0.15, side: 'outgoing' },
    bias: false,
    groups: 'rows',
    penalty: (w) => 0.15 * Math.sqrt(w.length) * norm(w),
  },
  {
    word: 'sparse_group_lasso',
    arguments: { lambda: 0.2, alpha: 0.4 },
    bias: true,
    groups: 'columns',
    penalty: (w) => 0.2 * (0.6 * Math.sqrt(w.length) * norm(w) + 0.4 * absolute(w)),
  },
  {
    word: 'sparse_group_lasso',
    arguments: { lambda: 0.2, side: 'outgoing' },
    bias: false,
    groups: 'rows',
    penalty: (w) => 0.2 * (0.5 * Math.sqrt(w.length) * norm(w) + 0.5 * absolute(w)),
  },
  {
    word: 'sparse_group_lasso',
    arguments: { lambda: 0.2, alpha: 1 },
    bias: true,
    groups: 'columns',
    penalty: (w) => 0.2 * absolute(w),
  },
  {
    word: 'l1',
    arguments: { lambda: 0.4, solver: 'proximal', bias: true },
    bias: true,
    groups: 'numbers',
    penalty: (w) => 0.4 * absolute(w),
  },
  {
    word: 'elastic',
    arguments: { l1: 0.3, l2: 0.7, solver: 'proximal', bias: true },
    bias: true,
    groups: 'numbers',
    penalty: (w) => 0.3 * absolute(w) + 0.7 * norm(w) ** 2,
  },
];

const RATE = 0.7;

/** What moves together of a kernel and its bias. */
function groupsOf(
  kernel: Matrix,
  bias: readonly number[] | undefined,
  groups: StepCase['groups'],
): readonly number[][] {
  const columns = kernel[0]!.map((_, j) => [...column(kernel, j), ...(bias ? [bias[j]!] : [])]);
  if (groups === 'columns') return columns;
  if (groups === 'rows') return kernel.map((row) => [...row]);
  return columns.flat().map((one) => [one]);
}

describe.each(cases)(`the proximal step of $word $arguments (seed ${seed})`, (one) => {
  const random = new Random(`${one.word} ${JSON.stringify(one.arguments)}`);
  const draw = (least: number, most: number) =>
    Array.from({ length: 4 }, () => Array.from({ length: 5 }, () => random.between(least, most)));

  test.each(['optimizer', 'euclidean'] as const)('is the minimiser that a search finds, in the metric %s', (metric) => {
    // A unit and a feature that will be near 0, next to others that are not.
    const kernel = draw(-1, 1).map((row, i) => row.map((w, j) => (j === 1 || i === 2 ? 0.2 * w : w)));
    const bias = Array.from({ length: 5 }, (_, j) => (j === 1 ? 0.05 : random.between(-1, 1)));
    const [diagonal, biasDiagonal] = [draw(0.3, 2), Array.from({ length: 5 }, () => random.between(0.3, 2))];
    const { prox, biasProx } = moments(
      one.word,
      { ...one.arguments, metric },
      { kernel, bias, diagonal, biasDiagonal, learningRate: RATE },
    );
    const found = groupsOf(prox!, one.bias ? biasProx : undefined, one.groups);
    const [from, metrics] = [
      groupsOf(kernel, one.bias ? bias : undefined, one.groups),
      groupsOf(diagonal, one.bias ? biasDiagonal : undefined, one.groups),
    ];
    if (!one.bias) expect(biasProx).toBeUndefined();
    let moved = 0;
    found.forEach((w, g) => {
      const z = from[g]!;
      // A group is moved as a whole, by the mean of its metric.
      const stiffness = z.map(() => (metric === 'optimizer' ? mean(metrics[g]!) : 1) / RATE);
      const wanted = searched(z, stiffness, one.penalty);
      const value = (at: readonly number[]) => objective(at, z, stiffness, one.penalty);
      expect(value(w)).toBeLessThanOrEqual(value(wanted) + 1e-12);
      expect(norm(w.map((x, i) => x - wanted[i]!))).toBeLessThan(1e-4);
      moved += norm(w.map((x, i) => x - z[i]!));
    });
    expect(moved).toBeGreaterThan(0.1);
  });

  test('leaves 0 where it is, and everything at learning rate 0', () => {
    const kernel = draw(-1, 1);
    const bias = kernel[0]!.map(() => 0.3);
    const still = moments(one.word, one.arguments, { kernel, bias, diagonal: draw(0.3, 2), learningRate: 0 });
    expect(apart(still.prox!, kernel)).toBe(0);
    if (still.biasProx) expect(still.biasProx).toEqual(bias);
    const dead = kernel.map((row) => row.map(() => 0));
    const zero = moments(one.word, one.arguments, { kernel: dead, bias: kernel[0]!.map(() => 0), learningRate: RATE });
    expect(zero.prox!.flat().every((w) => w === 0)).toBe(true);
    expect((zero.biasProx ?? []).every((w) => w === 0)).toBe(true);
  });
});

describe(`li, then lo (seed ${seed})`, () => {
  const random = new Random('li then lo');
  /** Weights as they are after a start, with units and features of very different sizes. */
  const drawn = (rows: number, columns: number): Matrix => {
    const scales = (length: number) => Array.from({ length }, () => 10 ** random.between(-1.5, 0));
    const [ofRow, ofColumn] = [scales(rows), scales(columns)];
    return ofRow.map((a) => ofColumn.map((c) => a * c * random.between(-1, 1)));
  };
  const distance = (a: Matrix, b: Matrix) => norm(a.flatMap((row, i) => row.map((w, j) => w - b[i]![j]!)));
  const value = (w: Matrix, { z, t }: Step) =>
    0.5 * distance(w, z) ** 2 + t * (sum(w[0]!.map((_, j) => norm(column(w, j)))) + sum(w.map(norm)));

  test('the joint minimiser of the comparison is one', () => {
    const step = { z: drawn(4, 3), t: 0.08 };
    const joint = jointStep(step);
    const best = value(joint, step);
    for (let trial = 0; trial < 3000; trial++) {
      const reach = 10 ** random.between(-6, -0.5);
      const other = joint.map((row) => row.map((w) => w + reach * random.between(-1, 1)));
      expect(value(other, step)).toBeGreaterThanOrEqual(best - 1e-12);
    }
    expect(value(composedStep(step), step)).toBeGreaterThanOrEqual(best - 1e-12);
  });

  // docs/methods.md, section 2, has these numbers.
  test.each([
    { t: 0.001, share: 0.004 },
    { t: 0.01, share: 0.03 },
    { t: 0.1, share: 0.15 },
  ])('moves by less than $share of a step elsewhere than the joint step where t is $t', ({ t, share }) => {
    const step = { z: drawn(20, 15), t };
    const [joint, composed] = [jointStep(step), composedStep(step)];
    const own = moments('dropneuron', { lambda: t, metric: 'euclidean' }, { kernel: step.z, learningRate: 1 }).prox!;
    expect(apart(own, composed)).toBeLessThan(1e-14);
    expect(distance(composed, joint) / distance(joint, step.z)).toBeLessThan(share);
  });
});
