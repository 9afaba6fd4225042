import type { Kind, Static, TObject } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';

/** One optimizer, written as a part of the step program. */
export interface OptimizerKind<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  /** Tensors it keeps for every parameter, in the parameter's shape, starting at zero. */
  slots(args: A): readonly string[];
  /** Scalars beside `learning_rate` that the host computes for a step: `step` counts from 1 since the slots were zero. */
  scalars?(args: A, at: { readonly step: number; readonly learningRate: number }): Readonly<Record<string, number>>;
  /**
   * The next parameter and slots. `diagonal`, in the parameter's shape, is what it divides a gradient by before the learning rate: the metric in
   * which a proximal step measures distance; absent: 1 everywhere.
   */
  update(
    b: Builder,
    at: {
      readonly arguments: A;
      readonly parameter: Value;
      readonly gradient: Value;
      readonly learningRate: Value;
      readonly slots: Readonly<Record<string, Value>>;
      readonly scalars: Readonly<Record<string, Value>>;
    },
  ): { readonly parameter: Value; readonly slots: Readonly<Record<string, Value>>; readonly diagonal?: Value };
}

export function defineOptimizer<S extends TObject>(kind: OptimizerKind<S, Static<S>>): OptimizerKind {
  return kind as unknown as OptimizerKind;
}
