/** What numbers a target may hold. */
export interface TargetValues {
  /** In words, for messages: `numbers from 0 to 1`. */
  readonly expected: string;
  /** All numbers must be of one of these forms: signs are −1 and 1, or 0 and 1, and no mixture of the two. */
  readonly forms: readonly ((value: number) => boolean)[];
}

/** How far float32 may round what was computed to end at a bound. */
const ROUNDING = 1e-6;

/** Probabilities, and what stands for them: a class that is there or not. */
export const shares: TargetValues = {
  expected: 'numbers from 0 to 1',
  forms: [(value) => value >= -ROUNDING && value <= 1 + ROUNDING],
};

/** Which of two sides a row is on. */
export const signs: TargetValues = {
  expected: '−1 and 1, or 0 and 1',
  forms: [(value) => value === -1 || value === 1, (value) => value === 0 || value === 1],
};

/** Yes and no, or a row of them with one yes. */
export const flags: TargetValues = { expected: '0 and 1', forms: [(value) => value === 0 || value === 1] };

export const counts: TargetValues = { expected: 'numbers that are not negative', forms: [(value) => value >= 0] };

/** The first number that leaves no form standing; undefined where one holds throughout. NaN is not looked at: it is missing. */
export function firstUnfit(
  { forms }: TargetValues,
  {
    seek,
    rows,
    width,
  }: {
    /** Where the numbers of a row are, until the next one is asked for. */
    readonly seek: (row: number) => { readonly numbers: ArrayLike<number>; readonly from: number };
    readonly rows: Int32Array | undefined;
    readonly width: number;
  },
  count: number,
): { readonly row: number; readonly value: number } | undefined {
  let standing = forms;
  for (let row = 0; row < count; row++) {
    const { numbers, from } = seek(row);
    for (let at = from; at < from + width; at++) {
      const value = numbers[at]!;
      if (Number.isNaN(value) || standing.every((holds) => holds(value))) continue;
      standing = standing.filter((holds) => holds(value));
      if (standing.length === 0) return { row: rows ? rows[row]! : row, value };
    }
  }
  return undefined;
}
