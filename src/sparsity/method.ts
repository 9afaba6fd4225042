import type { Kind, Static, TObject } from '../ir/kind.js';
import type { Builder, Value } from '../program/builder.js';

/**
 * Where an annotation landed: one kernel of a layer. Both group sides cut the layer's own kernel [in, out]: `incoming` are its columns, one
 * group per unit (axes reduced: all but the last); `outgoing` its rows, one per unit or feature of the layer before. All places of a convolution's kernel, all
 * gates of a cell and all heads belong to the group of their unit.
 */
export interface Site {
  readonly layer: string;
  /** Which of the layer's kernels: `kernel`, `recurrent_kernel`. */
  readonly tensor: string;
  /** Shape of the kernel, [.., in, out]; where it has groups, that in which they are apart. */
  readonly kernelShape: readonly number[];
  /** Axes to reduce for one norm per unit of this layer. Undefined: no axis is of its units. */
  readonly incoming: readonly number[] | undefined;
  /** Axes to reduce for one norm per unit of the layer before. Undefined: no axis is of those. */
  readonly outgoing: readonly number[] | undefined;
}

/** What the moments inside the step program are given. */
export interface Moment<A> {
  readonly arguments: A;
  readonly site: Site;
  /** The kernel in the site's shape; in `prox` after the optimizer's update. */
  readonly kernel: Value;
  readonly bias: Value | undefined;
  readonly learningRate: Value;
  /** In `prox`: what the optimizer divided the kernel's gradient by, element by element; undefined means 1. */
  readonly diagonal: Value | undefined;
}

/** What a threshold cuts at a site after training. */
export interface Cut {
  /** Cut whole columns, one per unit of the layer. */
  readonly incoming: boolean;
  /** Cut whole rows, one per unit or feature of the layer before. */
  readonly outgoing: boolean;
}

/** Coefficients of a kernel's regularizer (and its bias'); the penalty is the sum of the terms. */
export interface RegularizerSpelling {
  readonly li?: number;
  readonly lo?: number;
  /** The delta by which li and lo are reweighted; absent: they are not. */
  readonly delta?: number;
  readonly l1?: number;
  readonly l2?: number;
  readonly bias?: { readonly l1?: number; readonly l2?: number };
}

/** One way of making a network sparse, written as the moments of training at which it acts. One file, one registry line. */
export interface SparsityMethod<S extends TObject = TObject, A = Static<S>> extends Kind<S> {
  readonly cite: string;
  /** A scalar added to the objective, in the history under `<keyword>`; with a proximal solver it is reported, and `differentiated` is false. */
  penalty?(b: Builder, at: Moment<A>): Value;
  /** Whether the penalty acts by its gradient. Absent: yes. */
  differentiated?(args: A): boolean;
  /** The parameters after the optimizer's update → after the proximal step. */
  prox?(b: Builder, at: Moment<A>): { readonly kernel: Value } | undefined;
  /** What a unit-norm threshold may cut at this site. Absent: nothing. */
  cut?(args: A): Cut;
  /** The penalty as the numbers of a Keras-style regularizer. Absent: exporters refuse it by name. */
  readonly spelling: { tfjs?(args: A): RegularizerSpelling };
}

export function defineMethod<S extends TObject>(kind: SparsityMethod<S, Static<S>>): SparsityMethod {
  return kind as unknown as SparsityMethod;
}
