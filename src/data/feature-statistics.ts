import type { BoundTensor } from './bind.js';

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
export function featureStatistics({ data, rows: selection, width }: BoundTensor, rows: number): FeatureStatistics {
  const mean = new Float64Array(width);
  const squares = new Float64Array(width);
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let whole = true;
  const start = (row: number) => (selection ? selection[row]! : row) * width;
  for (let row = 0; row < rows; row++) {
    const from = start(row);
    for (let k = 0; k < width; k++) {
      const value = data[from + k]!;
      mean[k]! += value / rows;
      if (value < low) low = value;
      if (value > high) high = value;
      if (whole && !Number.isInteger(value)) whole = false;
    }
  }
  for (let row = 0; row < rows; row++) {
    const from = start(row);
    for (let k = 0; k < width; k++) squares[k]! += (data[from + k]! - mean[k]!) ** 2 / rows;
  }
  return { mean: Float32Array.from(mean), deviation: Float32Array.from(squares, Math.sqrt), low, high, whole };
}
