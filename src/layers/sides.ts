import { Type } from '../ir/kind.js';
import type { Rank, Sides } from './windows.js';

/** How much at every side of a series or an image, as it may be written. */
export type PerSide = number | readonly (number | readonly number[])[];

/** The largest amount that an argument takes. */
const LARGEST = 100_000;

/** An argument of amounts at the sides: of a series `2` or `[1, 2]`, of an image also `[[1, 2], [3, 4]]` for rows and columns. */
export function perSide(rank: Rank, options: { readonly description: string; readonly default: number }) {
  const one = { type: 'integer', minimum: 0, maximum: LARGEST };
  const two = { type: 'array', items: one, minItems: 2, maxItems: 2 };
  const list = rank === 1 ? two : { type: 'array', items: { anyOf: [one, two] }, minItems: 2, maxItems: 2 };
  return Type.Unsafe<PerSide>({ anyOf: [one, list], ...options });
}

/** [top, bottom, left, right]; of a series top and bottom are 0. */
export function sidesOf(value: PerSide, rank: Rank): Sides {
  const along = (side: number | readonly number[]): readonly [number, number] =>
    typeof side === 'number' ? [side, side] : [side[0]!, side[1]!];
  if (rank === 1) return [0, 0, ...along(value as number | readonly number[])];
  if (typeof value === 'number') return [value, value, value, value];
  return [...along(value[0]!), ...along(value[1]!)];
}

/** As TensorFlow.js takes it. */
export function spelledSides(value: PerSide): readonly (readonly number[])[] {
  const [top, bottom, left, right] = sidesOf(value, 2);
  return [
    [top, bottom],
    [left, right],
  ];
}
