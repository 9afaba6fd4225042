import { type Network, nodeOf, type Param } from '../../ir/graph.js';
import type { Site } from '../../sparsity/method.js';
import { paramShape } from '../3-dims/index.js';

/** One kernel of a layer, and the groups of its weights. */
export interface KernelSite {
  readonly param: Param;
  readonly bias: Param | undefined;
  readonly site: Site;
}

/**
 * The kernels of a layer that training moves, with their groups: one for each unit that they write, and one for each that they read, all gates, heads and places of a
 * kernel together. A layer that uses another's parameters has none of its own.
 */
export function kernelsOf(network: Network, layer: string): readonly KernelSite[] {
  if (nodeOf(network.graph, layer).shares !== undefined) return [];
  const own = network.params.get(layer) ?? {};
  const kernels = Object.values(own).filter(
    ({ tensor, trained }) => trained && (tensor.endsWith('kernel') || tensor === 'embeddings'),
  );
  const biases = kernels.map(({ tensor }) =>
    tensor.endsWith('kernel') ? own[tensor.replace(/kernel$/, 'bias')] : undefined,
  );
  // A bias behind several kernels goes with the last of them.
  if (own.bias && !biases.includes(own.bias)) biases[kernels.length - 1] = own.bias;
  return kernels.map((param, k) => ({ param, bias: biases[k], site: siteOf(network, layer, param) }));
}

/**
 * The network without the annotations that stand before a brace and pass by layers that have no kernel, such as a normalization. Those on a layer itself stay: a
 * check tells of them.
 */
export function withActingAnnotations(network: Network): Network {
  const nodes = network.graph.nodes.map((node) => {
    if (node.annotations.length === 0 || kernelsOf(network, node.name).length > 0) return node;
    const own = new Set(node.statement.annotations.map(({ span }) => span));
    return { ...node, annotations: node.annotations.filter(({ span }) => own.has(span)) };
  });
  return { ...network, graph: { ...network.graph, nodes } };
}

function siteOf(network: Network, layer: string, param: Param): Site {
  const { tensor, axes } = param;
  const shape = paramShape(param);
  const but = (role: 'reads' | 'writes') => {
    const reduced = axes.flatMap((axis, k) => (axis.role === role ? [] : [k]));
    return reduced.length === axes.length ? undefined : reduced;
  };
  const writes = axes.findIndex(({ role }) => role === 'writes');
  const grouped = axes.findIndex(({ groups = 1 }) => groups > 1);
  if (grouped >= 0 && writes === axes.length - 1) {
    // [.., channels / groups, filters] as [.., channels / groups, groups, filters / groups]: what reads a channel is one block of filters.
    const { groups = 1 } = axes[grouped]!;
    const places = axes.flatMap((_, k) => (k === grouped || k === writes ? [] : [k]));
    return {
      layer,
      tensor,
      kernelShape: [...shape.slice(0, -1), groups, shape[writes]! / groups],
      incoming: [...places, grouped],
      outgoing: [...places, writes + 1],
    };
  }
  const incoming = but('writes');
  if (incoming) return { layer, tensor, kernelShape: shape, incoming, outgoing: but('reads') };
  // A depthwise kernel has one group for each channel that it reads and makes others of.
  const [from] = nodeOf(network.graph, layer).inputs;
  const channels = from && network.shapes.get(from.node)![from.output]!.at(-1);
  const own = axes.flatMap(({ dim }, k) => (dim.units === channels?.units ? [] : [k]));
  return {
    layer,
    tensor,
    kernelShape: shape,
    incoming: own.length < axes.length ? own : undefined,
    outgoing: but('reads'),
  };
}
