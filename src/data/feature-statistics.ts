import type { BoundTensor } from './bind.js';
import { RowCursor } from './stored-rows.js';

/** How the features of one input are spread over rows. */
export interface FeatureStatistics {
  /** By feature. */
  readonly mean: Float32Array;
  /** By feature: the standard deviation over the rows. */
  readonly deviation: Float32Array;
  /** The least and the largest number of all features. */
  readonly low: number;
  readonly high: number;
  /** Whether all numbers are whole: counts, classes, words of a vocabulary. */
  readonly whole: boolean;
}

/** How the numbers of a tensor are spread over its rows. */
export interface Spread {
  /** Of all numbers of all features, and their standard deviation from it. */
  readonly mean: number;
  readonly deviation: number;
  /** The mean squared deviation of the numbers from the means of their features; exactly 0 where every feature is one number. */
  readonly variance: number;
}

/** The spread over `rows` rows, in float64, in one pass: Welford 1962, since sums of squares of large numbers would cancel. */
export function spreadOf(tensor: BoundTensor, rows: number): Spread {
  const { width } = tensor;
  const cursor = new RowCursor(tensor);
  const [means, squares] = [new Float64Array(width), new Float64Array(width)];
  for (let row = 0; row < rows; row++) {
    const { numbers, from } = cursor.seek(row);
    for (let k = 0; k < width; k++) {
      const away = numbers[from + k]! - means[k]!;
      means[k]! += away / (row + 1);
      squares[k]! += away * (numbers[from + k]! - means[k]!);
    }
  }
  const mean = means.reduce((sum, one) => sum + one, 0) / width;
  const variance = squares.reduce((sum, square) => sum + square, 0) / (rows * width);
  const between = means.reduce((sum, one) => sum + (one - mean) ** 2, 0) / width;
  return { mean, deviation: Math.sqrt(variance + between), variance };
}

/** The statistics of a tensor's features over `rows` rows, in float64, in two passes: a sum of squares would lose small deviations from a large mean. */
export function featureStatistics(tensor: BoundTensor, rows: number): FeatureStatistics {
  const { width } = tensor;
  const cursor = new RowCursor(tensor);
  const mean = new Float64Array(width);
  const squares = new Float64Array(width);
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let whole = true;
  for (let row = 0; row < rows; row++) {
    const { numbers, from } = cursor.seek(row);
    for (let k = 0; k < width; k++) {
      const value = numbers[from + k]!;
      mean[k]! += value / rows;
      if (value < low) low = value;
      if (value > high) high = value;
      if (whole && !Number.isInteger(value)) whole = false;
    }
  }
  for (let row = 0; row < rows; row++) {
    const { numbers, from } = cursor.seek(row);
    for (let k = 0; k < width; k++) squares[k]! += (numbers[from + k]! - mean[k]!) ** 2 / rows;
  }
  return { mean: Float32Array.from(mean), deviation: Float32Array.from(squares, Math.sqrt), low, high, whole };
}
