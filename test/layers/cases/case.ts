/** One use of a layer, as a spec has it, and what must come of it. */
export interface LayerCase {
  /** The call in a spec: `Dense(3, activation: relu)`. */
  readonly call: string;
  /** Extents of one row of each input; none for an Input. */
  readonly inputs: readonly (readonly number[])[];
  /** Extents of one row of the output. */
  readonly output: readonly number[];
  /** Extents of the parameters. Absent: none. */
  readonly params?: Readonly<Record<string, readonly number[]>>;
  /** Multiply-adds per row. Absent: 0. */
  readonly multiplyAdds?: number;
  /** Axes, of inputs (`in`) and of the output (`out`), whose units the layer must treat apart, so that they may be removed. */
  readonly apart?: { readonly in?: readonly number[]; readonly out?: readonly number[] };
  /** Class names in TensorFlow.js, in order; `refused`: there is no spelling. */
  readonly tfjs: readonly string[] | 'refused';
  /** Whether training computes something else than inference. */
  readonly random?: true;
}

export interface LayerEntry {
  /** The shortest call, and all arguments that it has after stage 1. */
  readonly defaults: readonly [call: string, args: Readonly<Record<string, unknown>>];
  readonly cases: readonly LayerCase[];
}
