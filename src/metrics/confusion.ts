import type { TargetForm } from '../losses/loss.js';
import type { Builder, Value } from '../program/builder.js';

/**
 * How many rows of every class (first axis) are predicted as every class (second axis), [classes, classes], as keras' confusion_matrix: a class is the
 * largest output, or for one unit whether it is above one half (`logits`: above 0).
 */
export function confusion(
  b: Builder,
  at: { readonly target: Value; readonly form: TargetForm; readonly prediction: Value; readonly logits: boolean },
): Value {
  const { target, form, prediction, logits } = at;
  const units = prediction.type.shape.at(-1) as number;
  const yes = (value: Value, threshold: number) => {
    const flag = b.cast(b.greater(value, threshold), 'float');
    return b.concat([b.subtract(1, flag), flag], 1);
  };
  const found = units === 1 ? yes(prediction, logits ? 0 : 0.5) : b.oneHot(b.argmax(prediction, -1), units);
  const wanted =
    form === 'classes'
      ? b.oneHot(target, units)
      : units === 1
        ? yes(target, 0.5)
        : b.oneHot(b.argmax(target, -1), units);
  return b.matmul(wanted, found, true, false);
}
