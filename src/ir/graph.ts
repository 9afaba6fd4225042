import type { Where } from '../diagnostics/report.js';
import type { Span } from '../diagnostics/source.js';
import type { LayerNode } from '../dsl/document.js';
import type { Dims, Shape, Dim } from './dims.js';
import type { Call } from './kind.js';

/** One sparsity annotation as it landed on a layer: arguments merged from model and layer, all defaults filled in. */
export interface Annotation extends Call {
  readonly span: Span;
}

/** One layer of the network: plain data; what it does is `layers/`. */
export interface Node {
  readonly name: string;
  /** A word of the layer registry. */
  readonly kind: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Which outputs it reads, in order. */
  readonly inputs: readonly { readonly node: string; readonly output: number }[];
  readonly annotations: readonly Annotation[];
  readonly span: Span;
  /** Where the user wrote it, for the printer's edits. */
  readonly statement: LayerNode;
  /** What its outputs are called, where it has several. */
  readonly outputs?: readonly string[];
  /** The layer whose parameters it uses, itself without `shares`: kind and arguments are that layer's. */
  readonly shares?: string;
  /** The block uses that it comes from, the innermost first, for messages: its own place may be in a block. */
  readonly uses?: readonly { readonly at: Span; readonly note: string }[];
}

/** Where a message about a layer points: its statement, and the block uses that it comes from. */
export function placeOf({ span, uses = [] }: Pick<Node, 'span' | 'uses'>): Required<Pick<Where, 'at' | 'also'>> {
  return { at: span, also: uses };
}

/** The layers in an order in which every layer comes after those it reads. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  /** Names of the Input layers, in order. */
  readonly inputs: readonly string[];
  /** The interface: what the model computes. */
  readonly outputs: readonly GraphOutput[];
}

/** One of the things that a model computes. */
export interface GraphOutput {
  /** What the user calls it: the layer's name where the layer has one output. */
  readonly name: string;
  readonly node: string;
  /** Which of the layer's outputs it is. */
  readonly output: number;
}

/** How a parameter's axis relates to units: it reads them, writes them, or neither. */
export interface Axis {
  readonly dim: Dim;
  readonly role: 'reads' | 'writes' | 'plain';
}

export interface Param {
  /** `fc1.kernel`: layer and tensor. */
  readonly name: string;
  readonly layer: string;
  readonly tensor: string;
  readonly axes: readonly Axis[];
  readonly initializer: Call;
  readonly trained: boolean;
}

/** A graph with its dimensions: what the checks, the program and shrinking work on. */
export interface Network {
  readonly graph: Graph;
  readonly dims: Dims;
  /** Output shapes of every layer. */
  readonly shapes: ReadonlyMap<string, readonly Shape[]>;
  /** Parameters of every layer, by tensor name. */
  readonly params: ReadonlyMap<string, Readonly<Record<string, Param>>>;
}

export function nodeOf(graph: Graph, name: string): Node {
  const found = graph.nodes.find((node) => node.name === name);
  if (!found) throw new Error(`the graph has no layer ${name}`);
  return found;
}

/** The shape of one of the model's outputs, without the batch. */
export function outputShape(network: Network, { node, output }: Pick<GraphOutput, 'node' | 'output'>): Shape {
  return network.shapes.get(node)![output]!;
}

/** All parameters in the order of the layers. */
export function allParams(network: Network): Param[] {
  return network.graph.nodes.flatMap((node) => Object.values(network.params.get(node.name) ?? {}));
}
