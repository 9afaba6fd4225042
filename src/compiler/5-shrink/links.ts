import { extents } from '../../ir/dims.js';
import type { Dim, Dims, Unit } from '../../ir/dims.js';
import type { Network, Node, Param } from '../../ir/graph.js';
import { layerKind } from '../../layers/index.js';
import { sizeOf } from '../../program/program.js';
import { stridesOf } from '../../program/shapes.js';
import type { ValuesExact } from './values.js';

/**
 * What one parameter connects: which units of a `reads` axis meet which units of a `writes` axis in a weight that is not exactly 0. Norms are
 * not asked: the float32 norm of tiny weights can be 0.
 */
export interface Link {
  readonly param: Param;
  readonly readAxis: number;
  readonly reads: readonly Unit[];
  readonly writeAxis: number | undefined;
  /** Undefined: the parameter writes no unit, so that whatever it reads reaches all outputs. */
  readonly writes: readonly Unit[] | undefined;
  /** Whether a weight from the r-th read unit to the w-th written unit is not 0. */
  live(read: number, write: number): boolean;
}

/** One layer, as both fixpoints look at it: its units as representatives, its links, and what it treats unit by unit. */
export interface Site {
  readonly node: Node;
  readonly inputs: readonly (readonly (readonly Unit[])[])[];
  readonly outputs: readonly (readonly (readonly Unit[])[])[];
  /** By output: whether the layer makes the units of the last axis; the others it hands on. */
  readonly makes: readonly boolean[];
  /** Units that it makes on other axes, which no argument of a layer resizes. */
  readonly fixed: ReadonlySet<Unit>;
  readonly links: readonly Link[];
  /** The units that it treats apart. */
  readonly unitwise: ReadonlySet<Unit>;
  /** Units that a link reads. */
  readonly weighted: ReadonlySet<Unit>;
  /** Components of the product units that it makes. */
  readonly components: ReadonlyMap<Unit, readonly Unit[]>;
  readonly folds: boolean;
}

/** All layers in the order of the graph. */
export function sitesOf(network: Network, values: ValuesExact): readonly Site[] {
  const { dims } = network;
  const roots = (units: readonly Unit[]) => units.map((unit) => dims.find(unit));
  return network.graph.nodes.map((node) => {
    const kind = layerKind(node.kind);
    const inputShapes = node.inputs.map((from) => network.shapes.get(from.node)![from.output]!);
    const outputShapes = network.shapes.get(node.name)!;
    const unitwise = new Set<Unit>();
    for (const dim of kind.unitwise?.(node.arguments, inputShapes, outputShapes) ?? [])
      for (const unit of dim.units) unitwise.add(dims.find(unit));
    const made = (dim: Dim | undefined) => dim?.units.some((unit) => dims.origin(unit).layer === node.name) ?? false;
    const links = Object.values(network.params.get(node.name) ?? {}).flatMap((param) => linksOf(param, dims, values));
    const components = new Map<Unit, readonly Unit[]>();
    for (const shape of outputShapes)
      for (const unit of shape.flatMap((dim) => dim.units)) {
        const parts = dims.componentsOf(unit);
        if (parts.length > 0 && dims.origin(unit).layer === node.name) components.set(dims.find(unit), roots(parts));
      }
    return {
      node,
      inputs: inputShapes.map((shape) => shape.map((dim) => roots(dim.units))),
      outputs: outputShapes.map((shape) => shape.map((dim) => roots(dim.units))),
      makes: outputShapes.map((shape) => made(shape.at(-1))),
      fixed: new Set(
        outputShapes.flatMap((shape) => shape.slice(0, -1).filter(made)).flatMap((dim) => roots(dim.units)),
      ),
      links,
      unitwise,
      weighted: new Set(links.flatMap((link) => link.reads)),
      components,
      folds: kind.folds?.(node.arguments) ?? false,
    };
  });
}

function linksOf(param: Param, dims: Dims, values: ValuesExact): Link[] {
  const data = values.get(param.name);
  if (!data) throw new Error(`no values for ${param.name}`);
  const shape = extents(param.axes.map((axis) => axis.dim));
  const size = sizeOf(shape);
  if (data.length !== size) throw new Error(`${param.name} has ${data.length} values where ${size} are due`);
  const axesOf = (role: string) => param.axes.flatMap((axis, k) => (axis.role === role ? [k] : []));
  const written: (number | undefined)[] = axesOf('writes');
  if (written.length === 0) written.push(undefined);
  const strides = stridesOf(shape);
  return axesOf('reads').flatMap((readAxis) =>
    written.map((writeAxis) => {
      const columns = writeAxis === undefined ? 1 : shape[writeAxis]!;
      const alive = new Uint8Array(shape[readAxis]! * columns);
      const readStride = strides[readAxis]!;
      const writeStride = writeAxis === undefined ? 1 : strides[writeAxis]!;
      for (let k = 0; k < data.length; k++) {
        if (data[k] === 0) continue;
        const row = Math.floor(k / readStride) % shape[readAxis]!;
        const column = writeAxis === undefined ? 0 : Math.floor(k / writeStride) % columns;
        alive[row * columns + column] = 1;
      }
      const rootsOf = (axis: number) => param.axes[axis]!.dim.units.map((unit) => dims.find(unit));
      return {
        param,
        readAxis,
        reads: rootsOf(readAxis),
        writeAxis,
        writes: writeAxis === undefined ? undefined : rootsOf(writeAxis),
        live: (read: number, write: number) => alive[read * columns + write] === 1,
      };
    }),
  );
}
