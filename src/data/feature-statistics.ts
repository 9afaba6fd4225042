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
