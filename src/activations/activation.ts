import type { Kind, Static, TObject } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';

/** One activation function, written once for every engine. */
export interface ActivationKind<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  /** Whether output unit j depends on input unit j only. softmax mixes units. */
  readonly unitwise: boolean;
  forward(b: Builder, x: Value, args: A): Value;
  /**
   * Whether it never falls where its input grows. `exact`: engines give it without rounding, so that 0 is 0; `rounded`: but for their last bits. Absent, or
   * undefined: it may fall.
   */
  monotone?(args: A): 'exact' | 'rounded' | undefined;
  /** What it never goes below or above, in float32 either. Absent: nothing is known. */
  bounds?(args: A): readonly [low: number, high: number];
  /** The name in TensorFlow.js' `activation` argument; undefined where it has none, and exporters refuse it by name. */
  readonly spelling: { tfjs?(args: A): string | undefined };
}

export function defineActivation<S extends TObject>(kind: ActivationKind<S, Static<S>>): ActivationKind {
  return kind as unknown as ActivationKind;
}
