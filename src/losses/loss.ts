import type { Kind, Static, TObject } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';
import type { TargetValues } from './target-values.js';

/** What a target holds: class numbers (int [batch]), or real numbers in the shape of the prediction (float [batch, …]). */
export type TargetForm = 'classes' | 'values';

export interface LossKind<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  readonly target: TargetForm;
  /** What numbers a target may hold. Absent: any. */
  readonly takes?: TargetValues;
  /** It grows with the distance between prediction and target in the target's own unit, so that targets far from 1 are many steps away. */
  readonly distance?: true;
  /**
   * The activation that turns logits into this loss' probabilities. The loss is then always computed from logits: with `from_logits: false` the
   * output layer must end in this activation, and the compiler hands over what comes before it.
   */
  readonly probabilities?: 'softmax' | 'sigmoid';
  /** Loss of every row, [batch]; the compiler takes the mean. */
  rows(b: Builder, at: { readonly arguments: A; readonly target: Value; readonly prediction: Value }): Value;
}

export function defineLoss<S extends TObject>(kind: LossKind<S, Static<S>>): LossKind {
  return kind as unknown as LossKind;
}
