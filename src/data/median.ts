/** The median of numbers, which are sorted in place; 0 of none. */
export function medianOf(values: Float64Array): number {
  if (values.length === 0) return 0;
  const sorted = values.sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
