import { describe, expect, test } from 'vitest';
import { stepProgram } from '../../src/compiler/4-program/index.js';
import { evaluate } from '../../src/program/evaluate.js';
import type { Tensor64 } from '../../src/program/program.js';
import { exact, lower } from '../parity/support.js';
import { Random, seed } from '../program/support.js';
import { column, type Matrix, norm } from './support.js';

const [FEATURES, UNITS, ROWS] = [4, 3, 24];
const LAMBDA = 0.12;

/** Group lasso by least squares: a linear layer whose third unit has next to nothing to do. Convex, so that there is one minimum. */
const random = new Random('group lasso');
const x = Array.from({ length: ROWS }, () => Array.from({ length: FEATURES }, () => random.between(-1, 1)));
const truth: Matrix = [
  [2, 0.5, 0.02],
  [0, -1, 0.03],
  [-1, 0, 0],
  [0.5, 1, -0.02],
];
const y = x.map((row) =>
  Array.from({ length: UNITS }, (_, j) => row.reduce((sum, v, i) => sum + v * truth[i]![j]!, 0)),
);

/** Trains with the whole data as one batch and gives the kernel and the objective before the last step. */
function train(annotation: string, options: { readonly steps: number; readonly rate: (step: number) => number }) {
  const { spec, network } = lower(`
model Net {
  x = Input(${FEATURES})
  y = Dense(${UNITS}, use_bias: false) ${annotation}
}
data { source: sparse_regression }
train { loss: mse; optimizer: sgd; epochs: 1 }
`);
  const step = stepProgram(network, { ...spec.train.phases[0]!, finetune: false });
  let state: Readonly<Record<string, Tensor64>> = {
    'y.kernel': exact(
      [FEATURES, UNITS],
      truth.flat().map((w) => 0.5 * w + 0.1),
    ),
  };
  let objective = 0;
  for (let k = 0; k < options.steps; k++) {
    const scalars = step.scalars({ step: k + 1, learningRate: options.rate(k), rows: ROWS });
    const done = evaluate(step.program, {
      ...state,
      x: exact([ROWS, FEATURES], x.flat()),
      'target:y': exact([ROWS, UNITS], y.flat()),
      ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, exact([], [value])])),
    });
    state = done.state;
    objective = done.results.loss!.data[0]! / ROWS + done.results['penalty:dropneuron']!.data[0]!;
  }
  const { data } = state['y.kernel']!;
  const kernel: Matrix = truth.map((_, i) => [...data.slice(i * UNITS, (i + 1) * UNITS)]);
  return { kernel, objective };
}

/** Gradient of the mean squared error, by hand. */
function slope(kernel: Matrix): Matrix {
  const grad = kernel.map((row) => row.map(() => 0));
  x.forEach((row, r) => {
    for (let j = 0; j < UNITS; j++) {
      const error = row.reduce((sum, v, i) => sum + v * kernel[i]![j]!, 0) - y[r]![j]!;
      row.forEach((v, i) => {
        grad[i]![j]! += (2 * error * v) / (ROWS * UNITS);
      });
    }
  });
  return grad;
}

describe(`a group lasso (seed ${seed})`, () => {
  const proximal = train(`@dropneuron(li: ${LAMBDA}, lo: 0)`, { steps: 1500, rate: () => 0.5 });

  test('solved by proximal steps fulfils the conditions of its optimum', () => {
    const grad = slope(proximal.kernel);
    for (let j = 0; j < UNITS; j++) {
      const [w, g] = [column(proximal.kernel, j), column(grad, j)];
      const length = norm(w);
      if (length === 0) expect(norm(g)).toBeLessThanOrEqual(LAMBDA);
      else for (const [i, each] of w.entries()) expect(g[i]! + (LAMBDA * each) / length).toBeCloseTo(0, 9);
    }
    // The third unit is exactly 0, the others are not.
    expect(column(proximal.kernel, 2).every((w) => w === 0)).toBe(true);
    expect(norm(column(proximal.kernel, 0))).toBeGreaterThan(0.1);
  });

  test('solved by gradients ends where proximal steps end, without exact zeros', () => {
    const byGradient = train(`@dropneuron(li: ${LAMBDA}, lo: 0, solver: gradient)`, {
      steps: 4000,
      rate: (step) => 0.5 / (1 + step / 20),
    });
    byGradient.kernel.forEach((row, i) => {
      row.forEach((w, j) => {
        expect(Math.abs(w - proximal.kernel[i]![j]!)).toBeLessThan(2e-3);
      });
    });
    expect(norm(column(byGradient.kernel, 2))).toBeGreaterThan(0);
    expect(byGradient.objective).toBeGreaterThanOrEqual(proximal.objective - 1e-9);
    expect(byGradient.objective - proximal.objective).toBeLessThan(1e-3);
  });

  test('over rows finds its optimum as well', () => {
    const { kernel } = train(`@dropneuron(li: 0, lo: ${LAMBDA})`, { steps: 1500, rate: () => 0.5 });
    const grad = slope(kernel);
    kernel.forEach((w, i) => {
      const length = norm(w);
      if (length === 0) expect(norm(grad[i]!)).toBeLessThanOrEqual(LAMBDA);
      else for (const [j, each] of w.entries()) expect(grad[i]![j]! + (LAMBDA * each) / length).toBeCloseTo(0, 9);
    });
  });
});
