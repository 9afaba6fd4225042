import type { Attributes, Program, TensorType } from '../program/program.js';
import type { Order } from './forms.js';
import type { GraphWriter } from './graph.js';
import type { Subgraph } from './model.js';

/** One instruction, with its values by their names in the graph. */
export interface At {
  readonly inputs: readonly string[];
  readonly inputTypes: readonly TensorType[];
  /** The nodes that the lowering writes must define these names. */
  readonly outputs: readonly string[];
  readonly outputTypes: readonly TensorType[];
  readonly attributes: Attributes;
  /** Writes a body as a subgraph. The first `own` inputs are the subgraph's; the others are values of the graph around it, by these names. */
  body(program: Program, own: number, captures: readonly string[]): Subgraph;
}

/** Writes the nodes that compute one op. */
export type Lowering = (g: GraphWriter, at: At) => void;

/** One instruction over images: it asks for each operand in the order of axes in which it reads it. */
export interface ImageAt extends Omit<At, 'inputs'> {
  /** The operand's name with its axes in this order. */
  input(index: number, order: Order): string;
  /** A vector that is added to every pixel of the result. */
  readonly bias?: string;
}

/** A lowering of an op that ONNX has with channels first. `at.outputs` are written in the order that it names. */
export interface ImageLowering {
  readonly writes: 'channels first' | 'plain';
  lower(g: GraphWriter, at: ImageAt): void;
}
