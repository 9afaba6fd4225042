/** What is done with every number of a row. */
export interface Scale {
  /** In the place of NaN. */
  readonly fill?: number | undefined;
  /** Subtracted, one number for every number of a row; absent: rows are not standardized. */
  readonly mean?: readonly number[] | undefined;
  /** Divided by, the same. */
  readonly deviation?: readonly number[] | undefined;
}

/** Fills in and standardizes the `width` numbers of a row from `at` on, in their place: every number is computed in float64 and rounded once to float32. */
export function scaleRow(numbers: Float32Array, at: number, width: number, { fill, mean, deviation }: Scale): void {
  for (let k = at; k < at + width; k++) {
    if (fill !== undefined && Number.isNaN(numbers[k]!)) numbers[k] = fill;
    if (mean && deviation) numbers[k] = (numbers[k]! - mean[k - at]!) / deviation[k - at]!;
  }
}
