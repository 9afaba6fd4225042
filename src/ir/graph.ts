import type { Where } from '../diagnostics/report.js';
import type { Span } from '../diagnostics/source.js';
import type { LayerNode } from '../dsl/document.js';
import type { Dim, Dims, Originally, Shape } from './dims.js';
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
  /**
   * The Dim consists of so many equal blocks, all of which this axis stands for: which of them it is, is told by the place on another axis, `by`. So a block of written
   * units reads the block of read units at its place, as in a grouped convolution; or each head has units of its own. Default 1.
   */
  readonly groups?: number;
  /** The axis that tells the block, with one place for each, such as that of heads. Absent: the last one, which has the same blocks. */
  readonly by?: number;
  /** Without `by`: one unit for each block, by which the blocks of the network that was trained first are known when some have gone, or all but one. */
  readonly blocks?: Dim;
  /**
   * Where its units stood in the network that was trained first, where they cannot tell by themselves any more: all units of another layer that stood beside them
   * are gone, and perhaps what joined them. Absent: as `Dims.originalsOf` says.
   */
  readonly original?: Originally;
}

/** Where the units of an axis of a parameter stood in the network that was trained first, and how long the axis was. */
export function originalsOfAxis(dims: Dims, { dim, original }: Pick<Axis, 'dim' | 'original'>): Originally {
  return original ?? dims.originalsOf(dim.units);
}

/** The one axis of a parameter that stands for several blocks of units, and the one that tells the block; undefined where there is none. */
export function blocksOf(
  axes: readonly Axis[],
): { readonly axis: number; readonly by: number; readonly groups: number } | undefined {
  const axis = axes.findIndex(({ groups = 1, by }) => groups > 1 || by !== undefined);
  if (axis < 0) return undefined;
  const { groups = 1, by = axes.length - 1 } = axes[axis]!;
  if (by === axis) throw new Error('an axis does not tell its own blocks');
  return { axis, by, groups };
}

/** Blocks of units of which a layer has no axis with a place for each, such as the groups of a convolution. */
export interface BlockMaker {
  /** `<layer>.<part>`: where the units of the blocks come from. */
  readonly maker: string;
  readonly blocks: Dim;
  /** The axis that tells the block: as many units of each. */
  readonly by: Dim;
}

export function blockMakers({ graph, params, dims }: Pick<Network, 'graph' | 'params' | 'dims'>): BlockMaker[] {
  return graph.nodes.flatMap((node) =>
    node.shares !== undefined
      ? []
      : Object.values(params.get(node.name) ?? {}).flatMap(({ axes }) =>
          axes.flatMap(({ blocks }): BlockMaker[] =>
            blocks && dims.isLong(blocks)
              ? [{ maker: dims.origin(blocks.units[0]!).layer, blocks, by: axes.at(-1)!.dim }]
              : [],
          ),
        ),
  );
}

/** How long an axis of a parameter is. */
export function axisExtent({ dim, groups = 1 }: Axis): number {
  return dim.units.length / groups;
}

/** How a parameter starts beyond its initializer. */
export interface Start {
  /** Initializers see all axes from this one on as one, as Keras stores a kernel for several gates. Absent: every axis by itself. */
  readonly joinedFrom?: number;
  /** Positions of the first axis that start with a number instead, such as the bias of a forget gate. */
  readonly rows?: Readonly<Record<number, number>>;
}

export interface Param {
  /** `fc1.kernel`: layer and tensor. */
  readonly name: string;
  readonly layer: string;
  readonly tensor: string;
  readonly axes: readonly Axis[];
  readonly initializer: Call;
  readonly trained: boolean;
  readonly start?: Start;
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

/** The nodes of a graph by their names, made once for each graph. */
const byName = new WeakMap<Graph, ReadonlyMap<string, Node>>();

export function nodeOf(graph: Graph, name: string): Node {
  let nodes = byName.get(graph);
  if (!nodes) byName.set(graph, (nodes = new Map(graph.nodes.map((node) => [node.name, node]))));
  const found = nodes.get(name);
  if (!found) throw new Error(`the graph has no layer ${name}`);
  return found;
}

/** The shape of one of the model's outputs, without the batch. */
export function outputShape(network: Network, { node, output }: Pick<GraphOutput, 'node' | 'output'>): Shape {
  return network.shapes.get(node)![output]!;
}

/** All parameters in the order of the layers, those that layers share once. */
export function allParams(network: Network): Param[] {
  const params = new Map<string, Param>();
  for (const node of network.graph.nodes)
    for (const param of Object.values(network.params.get(node.name) ?? {})) params.set(param.name, param);
  return [...params.values()];
}

/** Units that a layer makes: those of the last axis of its first output, or a part of them that has a name of its own. */
export interface UnitMaker {
  /** The layer, or `<layer>.<part>`: where the units come from. */
  readonly maker: string;
  readonly node: Node;
  readonly part?: string;
  readonly axis: Dim;
}

/**
 * All units that layers make on axes that may shrink, with the layers in the order of the graph: the last axis of each first output, and the parts of layers, such as
 * heads. A layer that shares another's parameters makes none of its own.
 */
export function unitMakers({ graph, shapes, params, dims }: Network): UnitMaker[] {
  return graph.nodes.flatMap((node): UnitMaker[] => {
    if (node.shares !== undefined) return [];
    const made = (dim: Dim, maker: string) => dim.units.some((unit) => dims.origin(unit).layer === maker);
    const found: UnitMaker[] = [];
    const outputs = shapes.get(node.name)!;
    const axis = outputs[0]?.at(-1);
    if (axis && made(axis, node.name)) found.push({ maker: node.name, node, axis });
    // Axes that no weights read or write, such as the rows of a kernel, are not units.
    const inside = Object.values(params.get(node.name) ?? {}).flatMap((param) =>
      param.axes.flatMap(({ dim, role }) => (role === 'plain' ? [] : [dim])),
    );
    const prefix = `${node.name}.`;
    const seen = new Set<string>();
    for (const dim of [...outputs.slice(1).flatMap((shape) => shape.slice(-1)), ...inside]) {
      const [first] = dim.units;
      if (first === undefined) continue;
      const maker = dims.origin(first).layer;
      if (!maker.startsWith(prefix) || seen.has(maker)) continue;
      seen.add(maker);
      found.push({ maker, node, part: maker.slice(prefix.length), axis: dim });
    }
    return found;
  });
}
