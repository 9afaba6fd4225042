import type { Attributes, TensorType } from '../program/program.js';
import type { GraphWriter } from './graph.js';

/** One instruction, with its values by their names in the graph. */
export interface At {
  readonly inputs: readonly string[];
  readonly inputTypes: readonly TensorType[];
  /** The nodes that the lowering writes must define these names. */
  readonly outputs: readonly string[];
  readonly outputTypes: readonly TensorType[];
  readonly attributes: Attributes;
}

/** Writes the nodes that compute one op. */
export type Lowering = (g: GraphWriter, at: At) => void;
