/** One use of a layer, as a spec has it, and what must come of it. */
export interface LayerCase {
  /** The call in a spec: `Dense(3, activation: relu)`. */
  readonly call: string;
  /** Extents of one row of each input; none for an Input. */
  readonly inputs: readonly (readonly number[])[];
  /** Extents of one row of the output; of the first where it has several. */
  readonly output: readonly number[];
  /** Extents of one row of every output, where it has several. */
  readonly outputs?: readonly (readonly number[])[];
  /** Extents of the parameters. Absent: none. */
  readonly params?: Readonly<Record<string, readonly number[]>>;
  /** Multiply-adds per row. Absent: 0. */
  readonly multiplyAdds?: number;
  /** Axes, of the first input (`in`), of every input (`inputs`), and of the first output (`out`), whose units the layer must treat apart, so that they may be removed. */
  readonly apart?: {
    readonly in?: readonly number[];
    readonly inputs?: readonly (readonly number[])[];
    readonly out?: readonly number[];
  };
  /** Units of the last axis of its inputs stay, although they are 0: the layer mixes them, or others meet them. */
  readonly pinned?: true;
  /** How many units shrinking must leave of `before<k>` and `it`, where it is not one less than there were: blocks that go together. */
  readonly left?: Readonly<Record<string, number>>;
  /** Class names in TensorFlow.js, in order; `refused`: there is no spelling. */
  readonly tfjs: readonly string[] | 'refused';
  /** Training computes something else than inference, by chance. */
  readonly random?: true;
  /** Training computes something else than inference: of every row by all rows of the batch. */
  readonly rowsMix?: true;
  /** Parameters that training moves without gradients, such as moving means. Absent: none. */
  readonly state?: readonly string[];
  /** The inputs hold whole numbers below this. */
  readonly whole?: number;
}

export interface LayerEntry {
  /** The shortest call, on the inputs of the first case, and all arguments that it has after stage 1. */
  readonly defaults: readonly [call: string, args: Readonly<Record<string, unknown>>];
  readonly cases: readonly LayerCase[];
}
