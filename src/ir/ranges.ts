/** The least and the largest number that each unit of a tensor's last axis can be, wherever it stands on the other axes; of a scalar, one of each. */
export interface Ranges {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** What is proven of the rows of every input, by its name and by feature of the last axis of a whole row, before `keep`. Absent: nothing. */
export type InputRanges = Readonly<Record<string, Ranges>>;

/** Nothing is proven of `size` units. */
export function unbounded(size: number): Ranges {
  return between(size, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
}

/** All of `size` units are from `low` to `high`. */
export function between(size: number, low: number, high: number): Ranges {
  return { low: new Float64Array(size).fill(low), high: new Float64Array(size).fill(high) };
}

/** Ranges by the positions of others. */
export function pickedRanges({ low, high }: Ranges, positions: readonly number[]): Ranges {
  return {
    low: Float64Array.from(positions, (position) => low[position]!),
    high: Float64Array.from(positions, (position) => high[position]!),
  };
}
