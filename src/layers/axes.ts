import type { Shape } from '../ir/dims.js';
import { Type } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';

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
export function axisOf(axis: number, { length }: { readonly length: number }): number | undefined {
  const place = axis < 0 ? axis + length : axis - 1;
  return place >= 0 && place < length ? place : undefined;
}

/** Which axes there are, for messages: `an axis from 1 to 3, or from -3 to -1`. */
export function axesThere({ length }: Shape): string {
  if (length === 0) return 'an input with an axis beside the batch';
  return length === 1 ? 'axis 1, or -1' : `an axis from 1 to ${length}, or from -${length} to -1`;
}

/** An argument that names one axis or several, as Keras does. */
export function axesArgument(options: { readonly default: number; readonly description: string }) {
  const { description, ...rest } = options;
  return Type.Unsafe<number | readonly number[]>({
    anyOf: [{ type: 'integer' }, { type: 'array', items: { type: 'integer' }, uniqueItems: true }],
    ...rest,
    description: `${description} One, or a list. Counted as in Keras: the batch is axis 0, −1 is the last one.`,
  });
}

/** The places of axes in a shape without the batch, in rising order. Undefined: one of them is not there, or is the batch. */
export function axesOf(
  axes: number | readonly number[],
  shape: { readonly length: number },
): readonly number[] | undefined {
  const places = (typeof axes === 'number' ? [axes] : axes).map((axis) => axisOf(axis, shape));
  if (places.includes(undefined)) return undefined;
  return [...new Set(places as number[])].sort((a, b) => a - b);
}

/** A parameter of some axes of a tensor with the batch, 1 long on the others, so that it broadcasts. */
export function stretchedTo(b: Builder, x: Value, tensor: Value, places: readonly number[]): Value {
  return b.reshape(
    tensor,
    x.type.shape.map((extent, axis) => (places.includes(axis - 1) ? extent : 1)),
  );
}
