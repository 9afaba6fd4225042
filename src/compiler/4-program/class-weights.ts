import type { Builder, Value } from '../../program/builder.js';
import type { ClassWeight } from '../spec.js';

/** Classes that an output tells apart: one unit tells two. */
export function classCount(units: number): number {
  return units === 1 ? 2 : units;
}

/**
 * What a row of each class counts, in the order of the classes. `counts` gives the training rows of every class; it is asked for `balanced` alone:
 * rows / (classes that there are · rows of the class), so that all classes weigh the same and the mean weight of a row is 1 (King and Zeng 2001,
 * Logistic regression in rare events data; scikit-learn's compute_class_weight). `labels` are the names of the classes, where they have some.
 */
export function classWeights(
  given: ClassWeight,
  classes: number,
  counts: () => readonly number[],
  labels?: readonly string[],
): readonly number[] {
  if (given === 'balanced') {
    const found = counts();
    const rows = found.reduce((sum, count) => sum + count, 0);
    const present = found.filter((count) => count > 0).length;
    return found.map((count) => (count === 0 ? 1 : rows / (present * count)));
  }
  if (Array.isArray(given)) return given as readonly number[];
  const weights = new Array<number>(classes).fill(1);
  for (const [key, weight] of Object.entries(given as Readonly<Record<string, number>>)) {
    const place = classOf(key, classes, labels);
    if (place !== undefined) weights[place] = weight;
  }
  return weights;
}

/** The class that a key of a map means: the one of its name, or its number from 0 unless names are such numbers themselves. Undefined: there is none. */
export function classOf(key: string, classes: number, labels: readonly string[] = []): number | undefined {
  const named = labels.indexOf(key);
  if (named >= 0) return named;
  return isWhole(key) && Number(key) < classes && !labels.some(isWhole) ? Number(key) : undefined;
}

const isWhole = (text: string) => /^(0|[1-9]\d*)$/.test(text);

/** The weight of every row, [batch], by the class of its target: a class number, a one-hot row, or for one unit 0 or 1 (as Keras' class_weight). */
export function rowWeights(b: Builder, target: Value, weights: readonly number[]): Value {
  const table = b.constant(weights, [weights.length]);
  if (target.type.dtype === 'int') return b.gather(table, target, 0);
  if (target.type.shape.at(-1) === 1) {
    const [no, yes] = weights as readonly [number, number];
    return b.select(b.greater(b.reshape(target, [target.type.shape[0]!]), 0.5), yes, no);
  }
  return b.gather(table, b.argmax(target, -1), 0);
}
