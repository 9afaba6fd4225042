import type { Kind, Static, TObject } from '../ir/kind.js';
import type { TargetForm } from '../losses/loss.js';
import type { Builder, Value } from '../program/builder.js';

/** A metric as sums over rows, so that batches and resumed epochs add up exactly. */
export interface MetricKind<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  /** Whether a larger value is better. */
  readonly better: 'higher' | 'lower';
  /** Whether its values lie in [0, 1], so that a tolerance means absolute points. */
  readonly unitRange: boolean;
  /** The only form of target that it can be computed from. Absent: either. */
  readonly target?: TargetForm;
  /** Sums over the batch, each a float scalar. */
  sums(
    b: Builder,
    at: {
      readonly arguments: A;
      readonly target: Value;
      readonly form: TargetForm;
      /** Whether the prediction is before its softmax or sigmoid. */
      readonly logits: boolean;
      readonly prediction: Value;
    },
  ): Readonly<Record<string, Value>>;
  /** The metric from the sums over all rows. */
  finish(sums: Readonly<Record<string, number>>, rows: number): number;
  /** Its standard error over the rows, where the sums tell it. */
  standardError?(sums: Readonly<Record<string, number>>, rows: number): number;
}

export function defineMetric<S extends TObject>(kind: MetricKind<S, Static<S>>): MetricKind {
  return kind as unknown as MetricKind;
}
