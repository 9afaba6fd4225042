import { multiplyAdds } from '../src/compiler/3-dims/index.js';
import type { Network } from '../src/ir/graph.js';
import { layerKind } from '../src/layers/index.js';

/**
 * Multiply-adds of a training step for one row: a product forward, one for the gradient of the weights, and one for that of what the layer reads,
 * which the layers behind the network's inputs do not need.
 */
export function productsOfStep(network: Network): number {
  const { graph, shapes } = network;
  const plain = new Set(graph.inputs);
  let first = 0;
  // What comes before the first weights has no gradient, either: a rescaling, a flattening.
  for (const node of graph.nodes) {
    if (node.inputs.length === 0 || !node.inputs.every(({ node: from }) => plain.has(from))) continue;
    const inputs = node.inputs.map(({ node: from, output }) => shapes.get(from)![output]!);
    const products = layerKind(node.kind).multiplyAdds?.(node.arguments as never, inputs, shapes.get(node.name)!) ?? 0;
    if (products > 0) first += products;
    else if (Object.keys(network.params.get(node.name) ?? {}).length === 0) plain.add(node.name);
  }
  return 3 * multiplyAdds(network) - first;
}
