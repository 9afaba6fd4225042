import type { Builder, Value } from '../program/builder.js';
import type { MetricInputs } from './metric.js';

/** The classes of targets and predictions as numbers that add up. */

/** Which classes a row is of, 0 or 1, in the shape of the prediction: any number but 0 says yes (as Keras, which casts targets to bool). */
export function wantedFlags(b: Builder, { target, form, prediction }: MetricInputs<unknown>): Value {
  if (form === 'classes') return b.oneHot(target, prediction.type.shape.at(-1) as number);
  return b.cast(b.not(b.equal(target, 0)), 'float');
}

/** Which classes have a probability above the threshold, 0 or 1. A threshold of ½ on the logits of a sigmoid is 0, without rounding. */
export function likelyFlags(b: Builder, at: MetricInputs<unknown>, threshold: number): Value {
  const above =
    at.logits === 'sigmoid'
      ? b.greater(at.prediction, Math.log(threshold / (1 - threshold)))
      : b.greater(probabilities(b, at), threshold);
  return b.cast(above, 'float');
}

/** The prediction as probabilities, where it is before its softmax or sigmoid. */
export function probabilities(b: Builder, { prediction, logits }: MetricInputs<unknown>): Value {
  if (logits === 'sigmoid') return b.sigmoid(prediction);
  return logits === 'softmax' ? b.softmax(prediction) : prediction;
}

/** Which classes are among the k largest of their row, 0 or 1. */
export function largestFlags(b: Builder, { prediction }: MetricInputs<unknown>, k: number): Value {
  const [, indices] = b.topk(prediction, k);
  return b.sum(b.oneHot(indices, prediction.type.shape.at(-1) as number), [-2]);
}

/** Sum over everything but the last axis, [classes]. */
export function byClass(b: Builder, flags: Value): Value {
  return b.sum(flags, [...flags.type.shape.keys()].slice(0, -1));
}
