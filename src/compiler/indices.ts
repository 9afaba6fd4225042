import { type Graph, type Node, nodeOf } from '../ir/graph.js';
import { layerKind } from '../layers/index.js';

/** A layer that reads indices, and where they come from. */
export interface IndexReader {
  readonly node: Node;
  /** The indices are whole numbers from 0 on, below this. */
  readonly below: number;
  /** The layers that the numbers it reads are from: Inputs, and what computes. Layers that hand numbers on as they are lie between. */
  readonly origins: readonly Node[];
}

/** The layers that read indices, in the order of the graph. */
export function indexReaders(graph: Graph): readonly IndexReader[] {
  return graph.nodes.flatMap((node) => {
    const below = layerKind(node.kind).indices?.(node.arguments as never);
    return below === undefined ? [] : [{ node, below, origins: originsOf(graph, node) }];
  });
}

function originsOf(graph: Graph, reader: Node): readonly Node[] {
  const origins: Node[] = [];
  const seen = new Set<string>();
  const waiting = reader.inputs.map((input) => input.node);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const node = nodeOf(graph, name);
    if (layerKind(node.kind).handsOn?.(node.arguments as never))
      waiting.push(...node.inputs.map((input) => input.node));
    else origins.push(node);
  }
  return origins;
}
