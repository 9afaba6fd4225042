import { type Dim, type Originally, productOfOriginals, type Unit } from '../../ir/dims.js';
import {
  type Axis,
  axisExtent,
  blocksOf,
  type Network,
  nodeOf,
  originalsOfAxis,
  outputShape,
  type Param,
} from '../../ir/graph.js';
import type { Builder, Value } from '../../program/builder.js';
import type { Per, Site } from '../../sparsity/method.js';
import { paramShape, paramSize } from '../3-dims/index.js';

/** One kernel of a layer, and the groups of its weights. */
export interface KernelSite {
  readonly param: Param;
  readonly bias: Param | undefined;
  readonly site: Site;
}

/** The one axis of a kernel that its written units, or those that it reads, stand on, beside one that tells their block; undefined where none or several do. */
function axisOf({ param }: KernelSite, per: 'written unit' | 'read unit'): number | undefined {
  const role = per === 'written unit' ? 'writes' : 'reads';
  const found = param.axes.flatMap((axis, k) => (axis.role === role ? [k] : []));
  return found.length === 1 ? found[0] : undefined;
}

/** All units that a kernel writes or reads one by one, in their own order; undefined where they have no axis of their own. */
export function unitsOfKernel(kernel: KernelSite, per: 'written unit' | 'read unit'): Dim | undefined {
  const axis = axisOf(kernel, per);
  return axis === undefined ? undefined : kernel.param.axes[axis]!.dim;
}

/** Axes of a tensor with a number for each unit, or for each weight; undefined where the kernel has no such units. */
export function axesPer(kernel: KernelSite, per: Per): readonly Axis[] | undefined {
  if (per === 'weight') return kernel.param.axes;
  if (per === 'kernel') return [];
  const dim = unitsOfKernel(kernel, per);
  return dim && [{ dim, role: per === 'written unit' ? 'writes' : 'reads' }];
}

/** Such a tensor in a shape that spreads over the kernel in its site's shape. */
export function spreadOverKernel(b: Builder, kernel: KernelSite, per: Per, value: Value): Value {
  const { kernelShape } = kernel.site;
  if (per === 'kernel') return value;
  if (per === 'weight') return b.reshape(value, kernelShape);
  const { axes } = kernel.param;
  const own = unitAxes(axes, axisOf(kernel, per)!);
  if (kernelShape.length === axes.length)
    return b.reshape(
      value,
      kernelShape.map((extent, k) => (own.includes(k) ? extent : 1)),
    );
  // [.., channels / groups, groups, filters / groups]: units of a block stand together.
  const [channels, groups, filters] = kernelShape.slice(-3) as [number, number, number];
  const ones = kernelShape.slice(0, -3).map(() => 1);
  if (per === 'written unit') return b.reshape(value, [...ones, 1, groups, filters]);
  return b.reshape(b.transpose(b.reshape(value, [groups, channels]), [1, 0]), [...ones, channels, groups, 1]);
}

/** The shape in which a bias spreads over the kernel in its site's shape: as long as it where the units, gates and heads of the bias stand, 1 elsewhere. */
export function biasOverKernel({ param, site }: KernelSite, bias: Param): readonly number[] {
  const shape = site.kernelShape.map(() => 1);
  const writes = param.axes.findIndex(({ role }) => role === 'writes');
  let left = paramSize(bias);
  if (writes >= 0 && writes < param.axes.length - 1) {
    shape[writes] = left;
    return shape;
  }
  // Gates, heads, groups, and the channels whose multiples are made, stand before the last axis in both.
  for (let axis = shape.length - 1; axis >= 0 && left > 1; axis--) {
    shape[axis] = site.kernelShape[axis]!;
    left /= shape[axis]!;
  }
  if (left !== 1) throw new Error(`${bias.name} does not spread over ${param.name}`);
  return shape;
}

/** Where the numbers of such a tensor stood in the network that was trained first, in the order of the tensor, and how many there were. */
export function originalsPer(network: Network, kernel: KernelSite, per: Per): Originally | undefined {
  const { dims } = network;
  const axes = axesPer(kernel, per);
  if (!axes) return undefined;
  const blocks = blocksOf(axes);
  if (!blocks) return productOfOriginals(axes.map((axis) => originalsOfAxis(dims, axis)));
  // A row of a grouped kernel is another unit for each block of columns; a unit of a head is one of that head.
  const own = axes.map((axis) => originalsOfAxis(dims, axis));
  const [rows, telling] = [axisExtent(axes[blocks.axis]!), axisExtent(axes[blocks.by]!)];
  let places: number[][] = [[]];
  for (const axis of axes) {
    const extent = axisExtent(axis);
    places = places.flatMap((before) => Array.from({ length: extent }, (_, k) => [...before, k]));
  }
  return {
    indices: places.map((place) =>
      place.reduce((index, at, k) => {
        const block = Math.floor((place[blocks.by]! * blocks.groups) / telling);
        return index * own[k]!.width + own[k]!.indices[k === blocks.axis ? block * rows + at : at]!;
      }, 0),
    ),
    width: own.reduce((product, { width }) => product * width, 1),
  };
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
  return kernels.map((param, k): KernelSite => {
    const site = siteOf(network, layer, param);
    return {
      param,
      bias: biases[k],
      site: {
        ...site,
        // Looked for where it is asked: kernels are listed more often than that.
        get outputs() {
          return outputGroups(network, param, site);
        },
      },
    };
  });
}

/** Which unit each group of written ones is: units of two axes that are the same go together. */
export function writtenUnits(network: Network, param: Param, { incoming }: Site): readonly Unit[] {
  const { axes } = param;
  const own = incoming && (axes.find(({ role }) => role === 'writes') ?? axes.find((_, k) => !incoming.includes(k)));
  return own ? own.dim.units.map((unit) => network.dims.find(unit)) : [];
}

function outputGroups(network: Network, param: Param, site: Site): ReadonlySet<number> | undefined {
  const outputs = outputUnits(network);
  const own = writtenUnits(network, param, site).flatMap((unit, group) => (outputs.has(unit) ? [group] : []));
  return own.length > 0 ? new Set(own) : undefined;
}

/** The axes of a bias that its units stand on: that of heads beside that of the units of each. None where it has no numbers of single units. */
export function biasUnitAxes(network: Network, bias: Param): readonly number[] {
  const last = kernelsOf(network, bias.layer).find((kernel) => kernel.bias?.name === bias.name);
  const units = last && String(writtenUnits(network, last.param, last.site));
  const axis = bias.axes.findIndex(({ dim }) => String(dim.units.map((unit) => network.dims.find(unit))) === units);
  return axis < 0 ? [] : unitAxes(bias.axes, axis);
}

/** An axis of units, with that which tells to which block they belong. */
function unitAxes(axes: readonly Axis[], axis: number): readonly number[] {
  const { by } = axes[axis]!;
  return by === undefined ? [axis] : [by, axis];
}

/** The units that are the model's outputs, an interface that stays; found once for each network. */
const outputsOf = new WeakMap<Network, ReadonlySet<Unit>>();

function outputUnits(network: Network): ReadonlySet<Unit> {
  let found = outputsOf.get(network);
  if (!found) {
    const { dims, graph } = network;
    const shapes = graph.outputs.flatMap((output) => outputShape(network, output));
    outputsOf.set(network, (found = new Set(shapes.flatMap(({ units }) => units.map((unit) => dims.find(unit))))));
  }
  return found;
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
    const own = new Set(axes.flatMap((axis, k) => (axis.role === role ? unitAxes(axes, k) : [])));
    return own.size === 0 ? undefined : axes.flatMap((_, k) => (own.has(k) ? [] : [k]));
  };
  const writes = axes.findIndex(({ role }) => role === 'writes');
  const { axis: grouped = -1, by, groups = 1 } = blocksOf(axes) ?? {};
  if (grouped >= 0 && by === writes && writes === axes.length - 1) {
    // [.., channels / groups, filters] as [.., channels / groups, groups, filters / groups]: what reads a channel is one block of filters.
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
    ...(own.length < axes.length && { passesUnits: true }),
  };
}
