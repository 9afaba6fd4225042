import type { Tensor64 } from '../../src/program/program.js';
import { sizeOf } from '../../src/program/program.js';
import { oneHot, wave, waveClasses } from './numbers.js';
import { exact } from './support.js';

/** Targets that suit a loss or metric: what target_of of keras_vectors.py makes. */
export function targetOf(
  one: { readonly word: string; readonly shape: readonly number[]; readonly form?: 'classes' | 'values' },
  rows: number,
  salt: number,
): Tensor64 {
  const shape = [rows, ...one.shape];
  const classes = one.shape.at(-1)!;
  if (one.word === 'sparse_categorical_crossentropy' || one.form === 'classes')
    return { dtype: 'int', shape: [rows], data: Float64Array.from(waveClasses(rows, salt, classes)) };
  if (one.word === 'categorical_crossentropy' || (one.word === 'accuracy' && classes > 1))
    return exact(shape, oneHot(waveClasses(rows, salt, classes), classes));
  const numbers = wave(sizeOf(shape), salt);
  if (one.word === 'binary_crossentropy' || one.word === 'accuracy')
    return exact(
      shape,
      numbers.map((x) => (x > 0 ? 1 : 0)),
    );
  return exact(shape, numbers);
}
