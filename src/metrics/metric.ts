import type { Kind, Static, TObject } from '../ir/kind.js';
import type { TargetForm } from '../losses/loss.js';
import type { TargetValues } from '../losses/target-values.js';
import type { Builder, Value } from '../program/builder.js';

/** What a metric is computed from. */
export interface MetricInputs<A = Readonly<Record<string, unknown>>> {
  readonly arguments: A;
  readonly target: Value;
  readonly form: TargetForm;
  readonly prediction: Value;
  /** The activation that would make probabilities of the prediction; absent: it is what it is. */
  readonly logits?: 'softmax' | 'sigmoid' | undefined;
}

/** Sums that are tensors, by name, in row-major order. */
export type SumTensors = Readonly<Record<string, readonly number[]>>;

/** A metric as sums over rows, so that batches and resumed epochs add up exactly. */
export interface MetricKind<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  /** Whether a larger value is better. */
  readonly better: 'higher' | 'lower';
  /** Whether its values lie in [0, 1], so that a tolerance means absolute points. */
  readonly unitRange: boolean;
  /** The only form of target that it can be computed from. Absent: either. */
  readonly target?: TargetForm;
  /** Of numbers, those that it reads as classes: accuracy is not told from prices. Absent: it reads any. */
  readonly takes?: TargetValues;
  /** Sums over the batch, each a float scalar or a float tensor of known extents. */
  sums(b: Builder, at: MetricInputs<A>): Readonly<Record<string, Value>>;
  /** The metric from the sums over all rows: the scalars, and the tensors in row-major order. */
  finish(sums: Readonly<Record<string, number>>, rows: number, tensors: SumTensors, args: A): number;
  /** What is wrong with arguments that the schema allows, for an output of `units` units; undefined where nothing is. */
  problem?(args: A, units: number): string | undefined;
  /** Its standard error over the rows, where the sums tell it. */
  standardError?(sums: Readonly<Record<string, number>>, rows: number): number;
}

export function defineMetric<S extends TObject>(kind: MetricKind<S, Static<S>>): MetricKind {
  return kind as unknown as MetricKind;
}
