import type { Shape } from '../ir/dims.js';
import { Type } from '../ir/kind.js';

/** An argument that names one axis as Keras does. */
export function axisArgument(options: { readonly default: number; readonly description: string }) {
  const { description, ...rest } = options;
  return Type.Integer({
    ...rest,
    description: `${description} Counted as in Keras: the batch is axis 0, −1 is the last one.`,
  });
}

/**
 * The place of an axis in a shape without the batch, where the argument counts the batch as axis 0, as in Keras. Undefined: there is no such axis, or
 * it is the batch.
 */
export function axisOf(axis: number, { length }: Shape): number | undefined {
  const place = axis < 0 ? axis + length : axis - 1;
  return place >= 0 && place < length ? place : undefined;
}

/** Which axes there are, for messages: `an axis from 1 to 3, or from -3 to -1`. */
export function axesThere({ length }: Shape): string {
  if (length === 0) return 'an input with an axis beside the batch';
  return length === 1 ? 'axis 1, or -1' : `an axis from 1 to ${length}, or from -${length} to -1`;
}
