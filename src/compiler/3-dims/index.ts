import { didYouMeanOr } from '../../diagnostics/did-you-mean.js';
import type { Reports } from '../../diagnostics/report.js';
import { type Dim, Dims, extents, type Originally, type Shape, showShape, TooManyUnits } from '../../ir/dims.js';
import {
  allParams,
  type Axis,
  axisExtent,
  blocksOf,
  type Graph,
  type Network,
  type Node,
  originalsOfAxis,
  type Param,
  placeOf,
} from '../../ir/graph.js';
import { layerKind } from '../../layers/index.js';
import type { ParamDecl } from '../../layers/layer.js';
import { sizeOf } from '../../program/program.js';
import { limitsFrom } from '../limits.js';

/** Original indices of the units of layers, as a weights file knows them; and of axes of parameters (`axisName`) that do not follow from these. */
export type Originals = Readonly<Record<string, Originally>>;

export interface DimsOptions {
  /** The shape that an Input without one takes from its data; undefined where only reading tells. */
  readonly shapeOfData?: (input: string) => readonly number[] | undefined;
  /** What the features of a row are called that an input reads; undefined where they have no names or nobody knows. */
  readonly featuresOfData?: (input: string) => readonly string[] | undefined;
  /** How the data source is called, for messages. */
  readonly source?: string;
  readonly originals?: Originals;
}

/** Stage 3: shapes with units, and the parameters with the axes that read and write them. */
export function lowerDims(graph: Graph, options: DimsOptions, reports: Reports): Network {
  const { parametersPerLayer: limit, unitsPerLayer, numbersPerOutput } = limitsFrom(process.env);
  const dims = new Dims(unitsPerLayer);
  const shapes = new Map<string, readonly Shape[]>();
  const params = new Map<string, Readonly<Record<string, Param>>>();
  let total = 0;
  const nodes: Node[] = [];
  /** Parameters by the layer that they belong to, as the first of the layers that share them declared them. */
  const shared = new Map<string, Readonly<Record<string, Param>>>();
  /** Layers that read several axes: a message about them was given where it began. */
  const carrying = new Set<string>();

  const kinds = new Map(graph.nodes.map(({ name, kind }) => [name, kind]));

  for (const written of graph.nodes) {
    const node = withShapeOfData(written, options, reports);
    nodes.push(node);
    const kind = layerKind(node.kind);
    const inputs = node.inputs.map((input) => shapes.get(input.node)?.[input.output] ?? []);
    const elements = oversized(node, inputs);
    if (elements > limit) {
      reports.report(
        'too-many-parameters',
        { layer: node.name, found: elements.toLocaleString('en'), limit: limit.toLocaleString('en') },
        { ...placeOf(node), help: ['set DNC_MAX_PARAMETERS to raise the limit'] },
      );
    }
    // A refused width stands for 1, so that the layers behind it can still be checked and nothing large is allocated.
    const args = elements > limit ? { ...node.arguments, ...smallest(node.arguments) } : node.arguments;
    const owner = node.shares ?? node.name;
    const fresh = (size: number, part?: string) => freshUnits(dims, options.originals, node.name, size, part, owner);
    const stretch = (dim: Dim, positions: readonly number[], part?: string) => {
      const { maker, known } = knownOf(options.originals, node.name, positions.length, part);
      return dims.stretch(dim, positions, maker, known);
    };
    const refuse = (argument: string, found: number, most: number) =>
      reports.report(
        'too-many-units',
        { layer: node.name, argument, found: found.toLocaleString('en'), most: most.toLocaleString('en') },
        { ...placeOf(node), help: ['set DNC_MAX_UNITS to raise the limit'] },
      );
    // One unit stands for what was refused, so that the layers behind it can still be checked.
    const outputs = attempt(
      () => {
        const made = kind.shape(args as never, {
          name: node.name,
          inputs,
          from: node.inputs.map((input) => input.node),
          made: node.inputs.map((input) => kinds.get(input.node)!),
          dims,
          fresh,
          stretch,
          misfit: (expected, found, help) =>
            reports.report(
              'shape-mismatch',
              { layer: node.name, expected, found },
              { ...placeOf(node), ...(help && { help: [help] }) },
            ),
        });
        const wide = made.find((shape) => sizeOf(extents(shape)) > numbersPerOutput);
        if (!wide) return made;
        refuse(`output ${showShape(wide)}`, sizeOf(extents(wide)), numbersPerOutput);
        return made.map(() => [dims.fresh(1, node.name)]);
      },
      (units) => {
        refuse('output', units, unitsPerLayer);
        return [[dims.fresh(1, node.name)]];
      },
    );
    shapes.set(node.name, outputs);
    const declared = attempt<Readonly<Record<string, ParamDecl>>>(
      (): Record<string, ParamDecl> =>
        kind.params?.(args as never, inputs, outputs, { name: node.name, dims, fresh }) ?? {},
      (units) => {
        refuse('units', units, unitsPerLayer);
        return {};
      },
    );
    const own = Object.fromEntries(
      Object.entries(declared).map(([tensor, { axes, initializer, trained, start }]): [string, Param] => [
        tensor,
        {
          name: `${owner}.${tensor}`,
          layer: owner,
          tensor,
          axes: axes.map((axis, k) => {
            const { known } = knownOf(options.originals, axisName(`${owner}.${tensor}`, k), axisExtent(axis));
            return known ? { ...axis, original: known } : axis;
          }),
          initializer,
          trained: (trained ?? true) && node.arguments.trainable !== false,
          ...(start && { start }),
        },
      ]),
    );
    const first = shared.get(owner);
    if (first) shareParams(node, first, own, dims, reports);
    else for (const param of Object.values(own)) total += paramSize(param);
    shared.set(owner, first ?? own);
    params.set(node.name, first ?? own);
    // Once is enough: the layers behind it carry the same axes along.
    const { flatInput } = kind;
    const beyond = flatInput !== undefined && (inputs[0]?.length ?? 0) > flatInput.axes;
    const carried = node.inputs.some((input) => carrying.has(input.node));
    if (beyond && !carried) {
      const shape = inputs[0]!.map((dim) => dim.units.length).join('×');
      reports.report(
        'forgotten-flatten',
        { layer: node.name, shape },
        { ...placeOf(node), help: flatInput.help(node.arguments as never) },
      );
    }
    if (flatInput ? beyond : carried) carrying.add(node.name);
  }
  if (total > limit) {
    reports.report(
      'too-many-parameters',
      { layer: `model ${graph.name}`, found: total.toLocaleString('en'), limit: limit.toLocaleString('en') },
      { ...(graph.nodes[0] && { at: graph.nodes[0].span }), help: ['set DNC_MAX_PARAMETERS to raise the limit'] },
    );
  }
  pinInterface(graph, shapes, dims);
  return { graph: { ...graph, nodes }, dims, shapes, params };
}

/** Makes the axes of a layer's parameters the same as those of the layer whose parameters it uses. */
function shareParams(
  node: Node,
  first: Readonly<Record<string, Param>>,
  own: Readonly<Record<string, Param>>,
  dims: Dims,
  reports: Reports,
): void {
  for (const [tensor, { axes }] of Object.entries(own)) {
    const wanted = first[tensor]?.axes ?? [];
    if (axes.length === wanted.length && axes.every((axis, k) => dims.unify(wanted[k]!.dim, axis.dim))) continue;
    const shape = (of: readonly Axis[]) => of.map(axisExtent).join('×');
    reports.report(
      'shape-mismatch',
      {
        layer: node.name,
        expected: `an input that fits the ${tensor} ${shape(wanted)} of ${node.shares ?? node.name}`,
        found: `one that needs ${shape(axes)}`,
      },
      { ...placeOf(node) },
    );
    return;
  }
}

/**
 * New units of a layer, or of a part of it, with the original indices that the weights file knows of them: of the layer itself, or of the `owner` of its
 * parameters.
 */
function freshUnits(
  dims: Dims,
  originals: Originals | undefined,
  layer: string,
  size: number,
  part: string | undefined,
  owner: string,
): Dim {
  const { maker, known } = knownOf(originals, layer, size, part, owner);
  return dims.fresh(size, maker, known?.indices, known?.width);
}

/** Who makes `size` units, or cuts a stretch of so many, and what the weights file knows of them as those of the `owner`. */
function knownOf(
  originals: Originals | undefined,
  layer: string,
  size: number,
  part?: string,
  owner = layer,
): { readonly maker: string; readonly known: Originally | undefined } {
  const named = (name: string) => (part === undefined ? name : `${name}.${part}`);
  const source = named(owner);
  const original = originals && Object.hasOwn(originals, source) ? originals[source] : undefined;
  // Another width than the weights file speaks of is a new layer: nothing is known of where its units come from.
  return { maker: named(layer), known: original?.indices.length === size ? original : undefined };
}

/** What a weights file calls an axis of a parameter: `fc1.kernel.0`. */
export function axisName(param: string, axis: number): string {
  return `${param}.${axis}`;
}

/** Extents of a parameter. */
export function paramShape(param: Param): number[] {
  return param.axes.map(axisExtent);
}

/** Elements of a parameter. */
export function paramSize(param: Param): number {
  return sizeOf(paramShape(param));
}

/** Elements of all parameters. */
export function parameterCount(network: Network): number {
  return allParams(network).reduce((sum, param) => sum + paramSize(param), 0);
}

/** Elements of kernels alone, as papers count: biases apart. */
export function weightCount(network: Network): number {
  return allParams(network).reduce((sum, param) => sum + (param.tensor.endsWith('kernel') ? paramSize(param) : 0), 0);
}

/** Multiply-adds for one row. */
export function multiplyAdds({ graph, shapes }: Network): number {
  return graph.nodes.reduce((sum, node) => {
    const inputs = node.inputs.map(({ node: from, output }) => shapes.get(from)![output]!);
    return sum + (layerKind(node.kind).multiplyAdds?.(node.arguments as never, inputs, shapes.get(node.name)!) ?? 0);
  }, 0);
}

/** Extents of a parameter in the network that was trained first. */
export function originalShape(network: Network, param: Param): number[] {
  const blocks = originalBlockAxes(network, param);
  return param.axes.map((own, axis) => {
    const { width } = originalsOfAxis(network.dims, own);
    return axis === blocks?.axis ? width / blocks.of : width;
  });
}

/** `blocksOf`, also where all blocks but one have gone; `of`: how many there were in the network that was trained first. */
function originalBlockAxes(
  { dims }: Network,
  { axes }: Param,
): { readonly axis: number; readonly by: number; readonly groups: number; readonly of: number } | undefined {
  const found = blocksOf(axes);
  const axis = found?.axis ?? axes.findIndex(({ blocks }) => blocks && dims.isLong(blocks));
  if (axis < 0) return undefined;
  const { by, groups } = found ?? { by: axes.length - 1, groups: 1 };
  const told = axes[axis]!.by === undefined ? axes[axis]!.blocks! : axes[by]!.dim;
  return { axis, by, groups, of: dims.originalsOf(told.units).width };
}

/** By axis, the original index of each place of a parameter; undefined of an axis that stands for several blocks of units, see `originalBlocks`. */
export function originalIndices(network: Network, param: Param): (number[] | undefined)[] {
  const blocks = originalBlockAxes(network, param);
  return param.axes.map((own, axis) =>
    axis === blocks?.axis ? undefined : [...originalsOfAxis(network.dims, own).indices],
  );
}

/** Where an axis of a parameter stands for several blocks of units: the original indices in its block, for each place of the axis `by` that tells the block. */
export function originalBlocks(
  network: Network,
  param: Param,
): { readonly axis: number; readonly by: number; readonly byPlace: readonly (readonly number[])[] } | undefined {
  const blocks = originalBlockAxes(network, param);
  if (!blocks) return undefined;
  const { axis, by, groups } = blocks;
  const { dim } = param.axes[axis]!;
  const block = originalShape(network, param)[axis]!;
  const indices = network.dims.originalsOf(dim.units).indices.map((index) => index % block);
  const [extent, places] = [dim.units.length / groups, param.axes[by]!.dim.units.length];
  const byPlace = Array.from({ length: places }, (_, place) => {
    const first = Math.floor((place * groups) / places) * extent;
    return indices.slice(first, first + extent);
  });
  return { axis, by, byPlace };
}

/** What `make` gives, or `otherwise` where it asks for more units than there may be. */
function attempt<T>(make: () => T, otherwise: (units: number) => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TooManyUnits) return otherwise(error.units);
    throw error;
  }
}

/** An upper bound of the numbers a layer stands for, before its axes are made: units alone may be too many to list. */
function oversized(node: Node, inputs: readonly Shape[]): number {
  const { units, filters, shape, target_shape } = node.arguments as {
    units?: number;
    filters?: number;
    shape?: number[];
    target_shape?: number[];
  };
  const channels = Math.max(1, inputs[0]?.at(-1)?.units.length ?? 1);
  if (typeof filters === 'number') return filters * channels;
  if (typeof units === 'number') return units * channels;
  return sizeOf(shape ?? target_shape ?? []);
}

/** The least of every argument that makes a layer large. */
function smallest({ units, filters }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (typeof units === 'number') return { units: 1 };
  if (typeof filters === 'number') return { filters: 1 };
  return { shape: [1] };
}

function withShapeOfData(written: Node, options: DimsOptions, reports: Reports): Node {
  const node = withKeptIndices(written, options, reports);
  if (node.kind !== 'Input' || (node.arguments.shape as readonly number[]).length > 0) return node;
  const shape = options.shapeOfData?.(node.name);
  if (!shape || shape.length === 0) {
    reports.report(
      'input-without-shape',
      { layer: node.name, source: options.source ?? 'the data source' },
      { ...placeOf(node) },
    );
    return { ...node, arguments: { ...node.arguments, shape: [1] } };
  }
  return { ...node, arguments: { ...node.arguments, shape } };
}

/** An Input with the features that it keeps by their indices, where the text names them. */
function withKeptIndices(node: Node, options: DimsOptions, reports: Reports): Node {
  const keep = node.kind === 'Input' ? (node.arguments.keep as readonly (number | string)[] | undefined) : undefined;
  if (!keep?.some((feature) => typeof feature === 'string')) return node;
  const names = options.featuresOfData?.(node.name);
  const source = options.source ?? 'the data source';
  if (!names) {
    reports.report('keep-without-names', { layer: node.name, source }, { ...placeOf(node) });
    const numbers = keep.filter((feature): feature is number => typeof feature === 'number');
    return { ...node, arguments: { ...node.arguments, keep: numbers.length > 0 ? numbers : undefined } };
  }
  const places = new Map(names.map((name, k) => [name, k]));
  const indices = keep.flatMap((feature) => {
    const index = typeof feature === 'string' ? places.get(feature) : feature;
    if (index === undefined) {
      const help = didYouMeanOr(String(feature), names, 'features');
      reports.report(
        'unknown-feature',
        { layer: node.name, feature: String(feature), source },
        { ...placeOf(node), help },
      );
    }
    return index ?? [];
  });
  // In the order of the rows, so that indices rise, as everywhere.
  return { ...node, arguments: { ...node.arguments, keep: [...new Set(indices)].sort((a, b) => a - b) } };
}

/** The outputs' units are the interface: they stay, whatever they compute. */
function pinInterface(graph: Graph, shapes: ReadonlyMap<string, readonly Shape[]>, dims: Dims): void {
  for (const { node, output } of graph.outputs)
    for (const dim of shapes.get(node)?.[output] ?? []) dims.pin(dim, 'output');
}
