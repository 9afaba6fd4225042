import type { Shape, Unit } from '../../ir/dims.js';
import type { Network, Node } from '../../ir/graph.js';
import { layerKind } from '../../layers/index.js';
import { sizeOf } from '../../program/program.js';
import type { Folded } from './fold.js';
import { type Positions, positionsLeft } from './slice.js';

/** One argument that has another value in the shrunk network: what the printer writes. */
export interface ArgumentEdit {
  readonly layer: string;
  readonly argument: string;
  readonly before: unknown;
  /** Undefined: the argument goes. */
  readonly value: unknown;
}

/** The layer with the arguments of its shrunk size. */
export function resize(
  network: Network,
  removed: ReadonlySet<Unit>,
  folded: readonly Folded[],
  node: Node,
): { node: Node; edits: ArgumentEdit[] } {
  const needsBias = folded.some((one) => one.reader === node.name && one.added);
  const outputShapes = network.shapes.get(node.name)!;
  const inputShapes = node.inputs.map(({ node: from, output }) => network.shapes.get(from)![output]!);
  const left = (shape: Shape) => shape.map((dim) => positionsLeft(network, removed, dim.units));
  const extentsLeft = (shape: Shape) => left(shape).map((positions) => positions.length);
  const shrank = [...inputShapes, ...outputShapes].some((shape) =>
    shape.some((dim) => dim.units.some((unit) => removed.has(network.dims.find(unit)))),
  );
  if (!needsBias && !shrank) return { node, edits: [] };
  const outputs = outputShapes.map((shape) => left(shape).at(-1) ?? []);
  const changes = layerKind(node.kind).resize?.(node.arguments as never, {
    outputs,
    part: (part) => positionsOfPart(network, removed, node, part),
    sizes: outputShapes.map((shape) => shape.at(-1)?.units.length ?? 0),
    inputExtents: inputShapes.map(extentsLeft),
    outputExtents: outputShapes.map(extentsLeft),
    needsBias,
    features: (keep) =>
      featuresLeft(
        inputShapes[0]!,
        left(inputShapes[0]!),
        outputs[0]!.map((k) => keep?.[k] ?? k),
      ),
  });
  const edits = Object.entries(changes ?? {}).flatMap(([argument, value]) => {
    const before = node.arguments[argument];
    return JSON.stringify(before) === JSON.stringify(value) ? [] : [{ layer: node.name, argument, before, value }];
  });
  if (edits.length === 0) return { node, edits };
  const args = Object.entries({ ...node.arguments, ...changes }).filter(([, value]) => value !== undefined);
  return { node: { ...node, arguments: Object.fromEntries(args) }, edits };
}

/** The positions kept of the units inside of a layer that are called `part`. */
function positionsOfPart(
  network: Network,
  removed: ReadonlySet<Unit>,
  { name }: Node,
  part: string,
): readonly number[] {
  const dim = Object.values(network.params.get(name) ?? {})
    .flatMap((param) => param.axes.map((axis) => axis.dim))
    .find(({ units }) => units.some((unit) => network.dims.origin(unit).layer === `${name}.${part}`));
  if (!dim) throw new Error(`${name} has no units ${part}`);
  return positionsLeft(network, removed, dim.units);
}

/** Row-major indices of features, counted in the input of which only `left` is left; undefined where these are all of it. */
function featuresLeft(shape: Shape, left: Positions, features: readonly number[]): readonly number[] | undefined {
  const places = shape.map((dim, axis) => {
    const place = new Array<number>(dim.units.length).fill(-1);
    left[axis]!.forEach((position, k) => {
      place[position] = k;
    });
    return place;
  });
  const size = sizeOf(left.map((positions) => positions.length));
  const moved = features.map((index) => {
    let rest = index;
    let stride = 1;
    let place = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const extent = shape[axis]!.units.length;
      place += places[axis]![rest % extent]! * stride;
      rest = Math.floor(rest / extent);
      stride *= left[axis]!.length;
    }
    return place;
  });
  return moved.length === size && moved.every((place, k) => place === k) ? undefined : moved;
}
