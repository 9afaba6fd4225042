/**
 * The program: what is computed, as plain data. Straight-line, every value assigned once, typed, with one symbolic extent: the batch.
 * Engines run it, passes rewrite it, `evaluate.ts` is its reference in float64.
 */

/** `float` is float32 on engines and float64 in the evaluator; `int` is int32. */
export type DType = 'float' | 'int' | 'bool';

/** An extent of a shape; `batch` is the number of rows in the batch, known when the program runs. */
export type Extent = number | 'batch';

export interface TensorType {
  readonly dtype: DType;
  readonly shape: readonly Extent[];
}

/** A value's index in `Program.values`. */
export type ValueId = number;

/** A program is the body of an op that runs it again and again, such as scan. */
export type Attribute = number | boolean | string | readonly number[] | readonly Extent[] | Float64Array | Program;
export type Attributes = Readonly<Record<string, Attribute>>;

/**
 * `data`: forward, loss, metrics and their gradients. `update`: penalties and their gradients, optimizer, proximal step, that is
 * elementwise work and row/column reductions per parameter, which an engine may run in its own way.
 */
export type Region = 'data' | 'update';

export interface Instruction {
  readonly op: string;
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  readonly attributes: Attributes;
  readonly region: Region;
}

/** What the host draws for a `random` input (random/streams.ts): row r, original unit u has the counter r * width + u. */
export interface RandomSpec {
  /** The stream's name: layer and tensor, such as `dropout_1.mask`. */
  readonly stream: string;
  readonly distribution:
    | { readonly kind: 'bernoulli'; readonly keep: number }
    | { readonly kind: 'normal' }
    | { readonly kind: 'uniform' };
  /** The original index of every unit in a row, and how many there were; so that shrinking does not change anyone's numbers. */
  readonly units: readonly number[];
  readonly width: number;
}

export type InputRole = 'batch' | 'random' | 'scalar' | 'state';

export interface ProgramInput {
  readonly name: string;
  readonly value: ValueId;
  readonly role: InputRole;
  readonly random?: RandomSpec;
}

/** A `state` output has the name of the state input whose next value it is. */
export interface ProgramOutput {
  readonly name: string;
  readonly value: ValueId;
  readonly role: 'result' | 'state';
}

export interface Program {
  readonly name: string;
  /** The type of every value, by id. */
  readonly values: readonly TensorType[];
  readonly inputs: readonly ProgramInput[];
  /** In an order in which every input is computed before it is read. */
  readonly instructions: readonly Instruction[];
  readonly outputs: readonly ProgramOutput[];
}

export function isProgram(attribute: Attribute): attribute is Program {
  return typeof attribute === 'object' && 'instructions' in attribute;
}

/** A tensor on the host, as engines take and return it. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** A tensor of the float64 evaluator; integers and booleans are held as whole numbers. */
export interface Tensor64 {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Number of elements of a known shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}
