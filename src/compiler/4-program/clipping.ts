import type { Builder, Value } from '../../program/builder.js';
import type { PhaseSpec } from '../spec.js';

/** Makes gradients smaller where they are too large, as Keras' optimizers do with clipvalue, clipnorm and global_clipnorm. */
export function clipped(
  b: Builder,
  gradients: readonly Value[],
  { clip_value, clip_norm, global_clip_norm }: Pick<PhaseSpec, 'clip_value' | 'clip_norm' | 'global_clip_norm'>,
): readonly Value[] {
  if (clip_value !== undefined) return gradients.map((one) => b.maximum(b.minimum(one, clip_value), -clip_value));
  // g · most / max(‖g‖, most): a gradient that is small enough stays as it is.
  const scaled = (one: Value, norm: Value, most: number) => b.multiply(one, b.divide(most, b.maximum(norm, most)));
  if (clip_norm !== undefined)
    return gradients.map((one) => scaled(one, b.norm(one, [...one.type.shape.keys()]), clip_norm));
  if (global_clip_norm !== undefined && gradients.length > 0) {
    const squares = gradients.map((one) => b.sum(b.square(one)));
    const norm = b.sqrt(squares.reduce((sum, one) => b.add(sum, one)));
    return gradients.map((one) => scaled(one, norm, global_clip_norm));
  }
  return gradients;
}
