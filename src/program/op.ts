import type { Builder, Value } from './builder.js';
import type { Attributes, Tensor64, TensorType } from './program.js';

/** What an op's gradient rule is given. */
export interface GradientStep<A> {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: A;
  /** The gradient of the result with respect to each output; undefined where nothing depends on it. */
  readonly gradients: readonly (Value | undefined)[];
  /** Which inputs need a gradient at all. */
  readonly needed: readonly boolean[];
}

/** One tensor operation: its shape rule, its gradient rule and its float64 evaluation. One file in `ops/`, one line in `ops/index.ts`. */
export interface Op<A extends Attributes = Attributes> {
  readonly keyword: string;
  readonly summary: string;
  /** Output types. Throws an Error that says what does not fit: a wrong program is dnc's own mistake. */
  infer(inputs: readonly TensorType[], attributes: A): readonly TensorType[];
  /** The gradient for each input, in the shape of the input. Absent: not differentiable, the gradient is zero. */
  gradient?(b: Builder, at: GradientStep<A>): readonly (Value | undefined)[];
  evaluate(
    inputs: readonly Tensor64[],
    attributes: A,
    outputs: readonly { readonly shape: readonly number[] }[],
  ): readonly Tensor64[];
  /** How elements relate, for passes and for the update pass: `elementwise` broadcasts as NumPy does. */
  readonly pattern: 'elementwise' | 'reduction' | 'movement' | 'other';
}

/** Checks the shape of an op's definition while keeping its attributes' type. */
export function defineOp<A extends Attributes>(op: Op<A>): Op<A> {
  return op;
}
