import { allParams, type Network, type Node } from '../../ir/graph.js';
import { kernelsOf } from './kernels.js';

/**
 * A network of which some layers are no longer trained. What stands behind them and has no kernel of its own, such as a normalization, is frozen with them where nothing before it is
 * trained: else the backward pass would have to go as far as that.
 */
export function withFrozen(network: Network, frozen: readonly string[]): Network {
  if (frozen.length === 0) return network;
  const { graph } = network;
  const going = new Set(frozen);
  /** Layers that no gradient needs to pass. */
  const still = new Set<string>();
  for (const node of graph.nodes) {
    const owner = node.shares ?? node.name;
    if (!node.inputs.every(({ node: from }) => still.has(from))) continue;
    const isBehind = ancestors(graph.nodes, node).some((name) => going.has(name));
    if (isBehind && node.shares === undefined && kernelsOf(network, node.name).length === 0) going.add(node.name);
    const own = Object.values(network.params.get(node.name) ?? {});
    if (own.every(({ trained }) => !trained || going.has(owner))) still.add(node.name);
  }
  const params = [...network.params].map(([layer, own]): [string, typeof own] => [
    layer,
    Object.fromEntries(
      Object.entries(own).map(([tensor, param]) => [
        tensor,
        going.has(param.layer) ? { ...param, trained: false } : param,
      ]),
    ),
  ]);
  return { ...network, params: new Map(params) };
}

/** All layers that a layer depends on. */
function ancestors(nodes: readonly Node[], of: Node): readonly string[] {
  const found = new Set<string>(of.inputs.map(({ node }) => node));
  for (const node of nodes.toReversed())
    if (found.has(node.name)) for (const { node: from } of node.inputs) found.add(from);
  return [...found];
}

/** The parameters that freezing these layers takes out of training. */
export function frozenParams(network: Network, frozen: readonly string[]): readonly string[] {
  const after = new Map(allParams(withFrozen(network, frozen)).map((param) => [param.name, param]));
  return allParams(network).flatMap(({ name, trained }) => (trained && !after.get(name)!.trained ? [name] : []));
}
