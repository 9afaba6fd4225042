import type { Dim, Dims, Unit } from '../../ir/dims.js';
import { blocksOf, type Network, type Node, type Param, unitMakers } from '../../ir/graph.js';
import { layerKind } from '../../layers/index.js';
import { planesOf } from '../../layers/facts.js';
import type { LayerKind } from '../../layers/layer.js';
import { sizeOf } from '../../program/program.js';
import { stridesOf } from '../../program/shapes.js';
import { paramShape } from '../3-dims/index.js';
import { type UnitSet, unitsOfAxes } from './unit-sets.js';
import type { ValuesExact } from './values.js';

/**
 * What one parameter connects: which units of a `reads` axis meet which units of a `writes` axis in a weight that is not exactly 0. Norms are
 * not asked: the float32 norm of tiny weights can be 0.
 */
export interface Link {
  readonly param: Param;
  readonly readAxis: number;
  /** One for each unit, of all blocks that the axis stands for. */
  readonly reads: readonly Unit[];
  readonly writeAxis: number | undefined;
  /** Undefined: the parameter writes no unit, so that whatever it reads reaches all outputs. */
  readonly writes: readonly Unit[] | undefined;
  /** It reads the layer's own units, those of a step before or inside of it, and not its inputs. */
  readonly own: boolean;
  /** The layer's bias that takes constants which this parameter reads. */
  readonly bias: string | undefined;
  /** Whether a weight from the r-th read unit to the w-th written unit is not 0. */
  live(read: number, write: number): boolean;
}

/** Which layer's output an input is. */
export interface Source {
  readonly site: number;
  readonly output: number;
  /** Its units by axis. */
  readonly axes: readonly (readonly Unit[])[];
}

/** One layer, as both fixpoints look at it: its units as representatives, its links, and what it treats unit by unit. */
export interface Site {
  /** Its place in the order of the graph. */
  readonly index: number;
  readonly node: Node;
  readonly kind: LayerKind;
  readonly inputs: readonly Source[];
  readonly outputs: readonly (readonly (readonly Unit[])[])[];
  /** The units of its own that it has inside, by the name of the part. */
  readonly parts: ReadonlyMap<string, readonly Unit[]>;
  /** By output: whether the layer makes the units of the last axis; the others it hands on. */
  readonly makes: readonly boolean[];
  /** Units that it makes on other axes, which no argument of a layer resizes. */
  readonly fixed: readonly Unit[];
  readonly links: readonly Link[];
  /** The units that it treats apart. */
  readonly unitwise: UnitSet;
  /** Units that a link reads. */
  readonly weighted: UnitSet;
  /** Components of the product units that it makes. */
  readonly components: ReadonlyMap<Unit, readonly Unit[]>;
  /** Those of them that go only with a component. */
  readonly together: ReadonlySet<Unit>;
  /** Places of layers that use the same parameters, itself among them, where there are others. */
  readonly calls: readonly number[];
}

/** All layers in the order of the graph. */
export function sitesOf(network: Network, values: ValuesExact): readonly Site[] {
  const { dims, graph } = network;
  const places = new Map(graph.nodes.map((node, index) => [node.name, index]));
  const known = new Map<Dim, readonly Unit[]>();
  const roots = (dim: Dim): readonly Unit[] => {
    let units = known.get(dim);
    if (!units) known.set(dim, (units = dim.units.map((unit) => dims.find(unit))));
    return units;
  };
  const parts = new Map<string, Map<string, readonly Unit[]>>();
  for (const { node, part, axis } of unitMakers(network)) {
    if (part === undefined) continue;
    parts.set(node.name, (parts.get(node.name) ?? new Map<string, readonly Unit[]>()).set(part, roots(axis)));
  }
  const calls = new Map<string, number[]>();
  graph.nodes.forEach(({ name, shares = name }, index) => {
    calls.set(shares, [...(calls.get(shares) ?? []), index]);
  });
  return graph.nodes.map((node, index) => {
    const kind = layerKind(node.kind);
    const inputShapes = node.inputs.map((from) => network.shapes.get(from.node)![from.output]!);
    const outputShapes = network.shapes.get(node.name)!;
    const made = (dim: Dim | undefined) => dim?.units.some((unit) => dims.origin(unit).layer === node.name) ?? false;
    const folds = kind.folds?.(node.arguments) ?? false;
    const biasOf = folds === false ? {} : folds === true ? { kernel: 'bias' } : folds;
    const links = Object.values(network.params.get(node.name) ?? {}).flatMap((param) =>
      linksOf(param, dims, roots, values, (biasOf as Readonly<Record<string, string>>)[param.tensor]),
    );
    const components = new Map<Unit, readonly Unit[]>();
    const together = new Set<Unit>();
    const own = (unit: Unit) => {
      const { layer } = dims.origin(unit);
      return layer === node.name || layer.startsWith(`${node.shares ?? node.name}.`);
    };
    const inside = Object.values(network.params.get(node.name) ?? {}).flatMap(({ axes }) => axes.map(({ dim }) => dim));
    for (const dim of dims.hasComponents ? new Set([...outputShapes.flat(), ...inside]) : [])
      for (const unit of dim.units) {
        const made = dims.componentsOf(unit);
        if (made.length === 0 || !own(unit)) continue;
        components.set(
          dims.find(unit),
          made.map((one) => dims.find(one)),
        );
        if (dims.goesWithComponents(unit)) together.add(dims.find(unit));
      }
    const apart = kind.unitwise?.(node.arguments, inputShapes, outputShapes) ?? [];
    return {
      index,
      node,
      kind,
      inputs: inputShapes.map((shape, k) => ({
        site: places.get(node.inputs[k]!.node)!,
        output: node.inputs[k]!.output,
        axes: shape.map(roots),
      })),
      outputs: outputShapes.map((shape) => shape.map(roots)),
      parts: parts.get(node.shares ?? node.name) ?? new Map(),
      makes: outputShapes.map((shape) => made(shape.at(-1))),
      fixed: outputShapes.flatMap((shape) => shape.slice(0, -1).filter(made)).flatMap((dim) => roots(dim)),
      links,
      unitwise: unitsOfAxes([...new Set(apart.map(roots))]),
      weighted: unitsOfAxes([...new Set(links.map((link) => link.reads))]),
      components,
      together,
      calls: calls.get(node.shares ?? node.name)!,
    };
  });
}

function linksOf(
  param: Param,
  dims: Dims,
  roots: (dim: Dim) => readonly Unit[],
  values: ValuesExact,
  bias: string | undefined,
): Link[] {
  const data = values.get(param.name);
  if (!data) throw new Error(`no values for ${param.name}`);
  const shape = paramShape(param);
  const size = sizeOf(shape);
  if (data.length !== size) throw new Error(`${param.name} has ${data.length} values where ${size} are due`);
  const axesOf = (role: string) => param.axes.flatMap((axis, k) => (axis.role === role ? [k] : []));
  const written: (number | undefined)[] = axesOf('writes');
  if (written.length === 0) written.push(undefined);
  const strides = stridesOf(shape);
  const isOwn = ({ units: [first] }: Dim) => {
    const from = first === undefined ? '' : dims.origin(first).layer;
    return from === param.layer || from.startsWith(`${param.layer}.`);
  };
  return axesOf('reads').flatMap((readAxis) =>
    written.map((writeAxis): Link => {
      const rows = shape[readAxis]!;
      const { dim } = param.axes[readAxis]!;
      const rowStride = strides[readAxis]!;
      const columnStride = writeAxis === undefined ? 0 : strides[writeAxis]!;
      const blocks = blocksOf(param.axes);
      // Units that are written in blocks are told by two axes, and units of other blocks than a unit reads do not meet it.
      const apart = blocks?.axis === writeAxis ? blocks : undefined;
      const groups = blocks?.axis === readAxis ? blocks.groups : 1;
      const perGroup = (writeAxis === undefined ? 1 : shape[writeAxis]!) / groups;
      const planes = planesOf(shape, [readAxis, writeAxis, apart?.by]);
      const columns = apart && blockOffsets(shape, strides, apart);
      return {
        param,
        readAxis,
        reads: roots(dim),
        writeAxis,
        writes: writeAxis === undefined ? undefined : roots(param.axes[writeAxis]!.dim),
        bias,
        own: isOwn(dim),
        live:
          groups === 1 && planes.length === 1 && !columns
            ? (read, write) => data[read * rowStride + write * columnStride] !== 0
            : (read, write) => {
                const block = Math.floor(read / rows);
                if (groups !== 1 && block !== Math.floor(write / perGroup)) return false;
                const from = (read - block * rows) * rowStride + (columns ? columns[write]! : write * columnStride);
                for (const plane of planes) if (data[from + plane] !== 0) return true;
                return false;
              },
      };
    }),
  );
}

/** Where the weights of each written unit begin, where the units of several blocks stand on one axis and another tells the block. */
function blockOffsets(
  shape: readonly number[],
  strides: readonly number[],
  { axis, by, groups }: NonNullable<ReturnType<typeof blocksOf>>,
): Int32Array {
  if (shape[by] !== groups) throw new Error('written blocks are told by an axis with one place for each');
  const extent = shape[axis]!;
  return Int32Array.from(
    { length: groups * extent },
    (_, unit) => Math.floor(unit / extent) * strides[by]! + (unit % extent) * strides[axis]!,
  );
}
