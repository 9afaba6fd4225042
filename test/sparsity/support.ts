import type { methods } from '../../src/sparsity/index.js';
import { methods as registry } from '../../src/sparsity/index.js';
import type { Site, SparsityMethod } from '../../src/sparsity/method.js';
import { Builder } from '../../src/program/builder.js';
import { evaluate } from '../../src/program/evaluate.js';
import { gradient } from '../../src/program/gradient.js';
import { exact, withDefaults } from '../parity/support.js';

/** A kernel [in, out] as rows. */
export type Matrix = readonly (readonly number[])[];

export interface Moments {
  readonly penalty: number | undefined;
  /** Of the penalty, whether or not training follows it. */
  readonly gradient: { readonly kernel: Matrix; readonly bias: readonly number[] };
  /** The kernel after the proximal step; undefined: there is none. */
  readonly prox: Matrix | undefined;
  /** The bias after it; undefined: it stays. */
  readonly biasProx: readonly number[] | undefined;
}

/** Runs the moments of a method at one layer in float64. */
export function moments(
  word: keyof typeof methods,
  given: Readonly<Record<string, unknown>>,
  at: {
    readonly kernel: Matrix;
    readonly bias?: readonly number[];
    readonly learningRate?: number;
    readonly diagonal?: Matrix;
    readonly biasDiagonal?: readonly number[];
  },
): Moments {
  const method: SparsityMethod = registry[word];
  const args = withDefaults(method, given);
  const shape = [at.kernel.length, at.kernel[0]!.length];
  const site: Site = { layer: 'fc', tensor: 'kernel', kernelShape: shape, incoming: [0], outgoing: [1] };
  const b = new Builder();
  const kernel = b.state('kernel', shape);
  const ofBias = [shape[1]!];
  const bias = at.bias && b.state('bias', ofBias);
  const biasDiagonal = at.biasDiagonal && b.state('bias diagonal', ofBias);
  const diagonal = at.diagonal && b.state('diagonal', shape);
  const moment = {
    arguments: args,
    site,
    kernel,
    bias,
    biasShape: [1, shape[1]!],
    tensors: {},
    learningRate: b.scalar('learning_rate'),
    diagonal,
    biasDiagonal,
  };
  const penalty = method.penalty?.(b, { ...moment, diagonal: undefined, biasDiagonal: undefined });
  if (penalty) {
    b.result('penalty', penalty);
    const [kernelGradient, biasGradient] = gradient(b, penalty, bias ? [kernel, bias] : [kernel]);
    b.result('gradient', kernelGradient!);
    if (biasGradient) b.result('bias gradient', biasGradient);
  }
  const prox = method.prox?.(b, moment);
  if (prox) b.result('prox', prox.kernel);
  if (prox?.bias) b.result('bias prox', prox.bias);
  const { results } = evaluate(b.build(word), {
    kernel: exact(shape, at.kernel.flat()),
    ...(at.bias && { bias: exact(ofBias, at.bias) }),
    ...(at.diagonal && { diagonal: exact(shape, at.diagonal.flat()) }),
    ...(at.biasDiagonal && { 'bias diagonal': exact(ofBias, at.biasDiagonal) }),
    learning_rate: exact([], [at.learningRate ?? 0.1]),
  });
  const rows = (data: Float64Array): Matrix =>
    at.kernel.map((row, i) => [...data.slice(i * row.length, (i + 1) * row.length)]);
  return {
    penalty: results.penalty?.data[0],
    gradient: {
      kernel: results.gradient ? rows(results.gradient.data) : [],
      bias: [...(results['bias gradient']?.data ?? [])],
    },
    prox: results.prox && rows(results.prox.data),
    biasProx: results['bias prox'] && [...results['bias prox'].data],
  };
}

export const column = (m: Matrix, j: number) => m.map((row) => row[j]!);
export const norm = (xs: readonly number[]) => Math.sqrt(xs.reduce((sum, x) => sum + x * x, 0));
export const sum = (xs: readonly number[]) => xs.reduce((total, x) => total + x, 0);
export const mean = (xs: readonly number[]) => sum(xs) / xs.length;
/** Norms of the columns and of the rows. */
export const columnNorms = (m: Matrix) => m[0]!.map((_, j) => norm(column(m, j)));
export const rowNorms = (m: Matrix) => m.map(norm);

/** The largest difference of two matrices, element by element. */
export function apart(a: Matrix, b: Matrix): number {
  let most = 0;
  a.forEach((row, i) => {
    row.forEach((value, j) => {
      most = Math.max(most, Math.abs(value - b[i]![j]!));
    });
  });
  return most;
}
