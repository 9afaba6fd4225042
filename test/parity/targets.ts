import type { Tensor64 } from '../../src/program/program.js';
import { sizeOf } from '../../src/program/program.js';
import { oneHot, wave, waveClasses } from './numbers.js';
import { exact } from './support.js';

/** Metrics that take probabilities, and targets of 0 and 1. */
export function isOfClasses(word: string): boolean {
  return ['auc', 'f1', 'precision', 'recall', 'top_k'].includes(word);
}

/** Targets that suit a loss or metric: what target_of of keras_vectors.py makes. */
export function targetOf(
  one: {
    readonly word: string;
    readonly shape: readonly number[];
    readonly form?: 'classes' | 'values';
    /** Of a hinge: 0 and 1, or −1, 0 and 1; absent: −1 and 1. */
    readonly labels?: 'binary' | 'mixed';
  },
  rows: number,
  salt: number,
): Tensor64 {
  const shape = [rows, ...one.shape];
  const classes = one.shape.at(-1)!;
  if (one.word === 'sparse_categorical_crossentropy' || one.form === 'classes')
    return { dtype: 'int', shape: [rows], data: Float64Array.from(waveClasses(rows, salt, classes)) };
  if (one.word === 'categorical_crossentropy' || ((one.word === 'accuracy' || one.word === 'top_k') && classes > 1))
    return exact(shape, oneHot(waveClasses(sizeOf(shape) / classes, salt, classes), classes));
  const numbers = wave(sizeOf(shape), salt);
  if (one.word === 'binary_crossentropy' || one.word === 'accuracy' || isOfClasses(one.word))
    return exact(
      shape,
      numbers.map((x) => (x > 0 ? 1 : 0)),
    );
  if (one.word === 'hinge') {
    const low = { binary: 0, mixed: -1 }[one.labels ?? 'mixed'];
    const row = sizeOf(one.shape);
    return exact(
      shape,
      numbers.map((x, k) => (one.labels === 'mixed' ? (k < row ? 0 : Math.sign(x)) : x > 0 ? 1 : low)),
    );
  }
  if (one.word === 'kl_divergence')
    return exact(
      shape,
      numbers.map((x) => (x + 1) / 2),
    );
  if (one.word === 'poisson')
    return exact(
      shape,
      numbers.map((x) => Math.floor(4 * (x + 1))),
    );
  return exact(shape, numbers);
}

/** Predictions that suit a loss: what outputs_of of keras_vectors.py makes. */
export function outputsOf(
  one: { readonly word: string; readonly shape: readonly number[]; readonly scale?: number },
  rows: number,
  salt: number,
): Tensor64 {
  const shape = [rows, ...one.shape];
  const isPositive = one.word === 'kl_divergence' || one.word === 'poisson';
  return exact(
    shape,
    wave(sizeOf(shape), salt).map((x) => (isPositive ? 0.5 * x + 0.515625 : x * (one.scale ?? 3))),
  );
}
