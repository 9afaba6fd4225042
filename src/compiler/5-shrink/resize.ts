import type { Dim, Shape, Unit } from '../../ir/dims.js';
import type { Network, Node } from '../../ir/graph.js';
import { layerKind } from '../../layers/index.js';
import type { ResizeStep } from '../../layers/layer.js';
import { sizeOf } from '../../program/program.js';
import type { Folded } from './fold.js';
import { positionsLeft } from './slice.js';

/** One argument that has another value in the shrunk network: what the printer writes. */
export interface ArgumentEdit {
  readonly layer: string;
  readonly argument: string;
  readonly before: unknown;
  /** Undefined: the argument goes. */
  readonly value: unknown;
}

/** The layer with the arguments of its shrunk size. One that uses another's parameters has its arguments, which are edited there. */
export function resize(
  network: Network,
  removed: ReadonlySet<Unit>,
  folded: readonly Folded[],
  node: Node,
): { node: Node; edits: ArgumentEdit[] } {
  const owner = node.shares ?? node.name;
  const needsBias = folded.some((one) => one.added && (one.reader === owner || one.reader === node.name));
  const shapes = [...inputShapesOf(network, node), ...network.shapes.get(node.name)!];
  const inside = Object.values(network.params.get(node.name) ?? {}).map((param) => param.axes.map(({ dim }) => dim));
  const gone = (dim: Dim) => dim.units.some((unit) => removed.has(network.dims.find(unit)));
  if (!needsBias && ![...shapes, ...inside].some((shape) => shape.some(gone))) return { node, edits: [] };
  const changes = layerKind(node.kind).resize?.(node.arguments as never, stepFor(network, removed, node, needsBias));
  const edits = Object.entries(changes ?? {}).flatMap(([argument, value]) => {
    const before = node.arguments[argument];
    return JSON.stringify(before) === JSON.stringify(value) ? [] : [{ layer: node.name, argument, before, value }];
  });
  if (edits.length === 0) return { node, edits };
  const args = Object.entries({ ...node.arguments, ...changes }).filter(([, value]) => value !== undefined);
  return {
    node: { ...node, arguments: Object.fromEntries(args) },
    edits: node.shares === undefined ? edits : [],
  };
}

/** What a resize rule is given where nothing goes. */
export function wholeStep(network: Network, node: Node, needsBias: boolean): ResizeStep {
  return stepFor(network, new Set(), node, needsBias);
}

function stepFor(network: Network, removed: ReadonlySet<Unit>, node: Node, needsBias: boolean): ResizeStep {
  const outputShapes = network.shapes.get(node.name)!;
  const inputShapes = inputShapesOf(network, node);
  const left = (shape: Shape) => shape.map((dim) => positionsLeft(network, removed, dim.units));
  const extentsLeft = (shape: Shape) => left(shape).map((positions) => positions.length);
  const outputs = outputShapes.map((shape) => left(shape).at(-1) ?? []);
  return {
    outputs,
    part: (part) => positionsLeft(network, removed, partOf(network, node, part).units),
    sizes: outputShapes.map((shape) => shape.at(-1)?.units.length ?? 0),
    inputPositions: (input, axis) => positionsLeft(network, removed, inputShapes[input]![axis]!.units),
    inputSize: (input, axis) => inputShapes[input]![axis]!.units.length,
    inputExtents: inputShapes.map(extentsLeft),
    outputExtents: outputShapes.map(extentsLeft),
    needsBias,
    features: (keep, first = 0) =>
      featuresLeft(
        inputShapes[0]!.slice(first),
        left(inputShapes[0]!).slice(first),
        outputs[0]!.map((k) => keep?.[k] ?? k),
      ),
  };
}

function inputShapesOf(network: Network, node: Node): Shape[] {
  return node.inputs.map(({ node: from, output }) => network.shapes.get(from)![output]!);
}

/** The units inside of the layer, or on another axis than the last one of its first output, that are called `part`. */
function partOf(network: Network, { name, shares = name }: Node, part: string): Dim {
  const inside = Object.values(network.params.get(name) ?? {}).flatMap((param) => param.axes.map((axis) => axis.dim));
  // Inside first: an axis of an output may join units of several parts.
  const dim = [...inside, ...network.shapes.get(name)!.flat()].find(({ units: [first] }) => {
    const from = first === undefined ? undefined : network.dims.origin(first).layer;
    return from === `${name}.${part}` || from === `${shares}.${part}`;
  });
  if (!dim) throw new Error(`${name} has no units ${part}`);
  return dim;
}

/** Row-major indices of features, counted in the input of which only `left` is left; undefined where these are all of it. */
function featuresLeft(
  shape: Shape,
  left: readonly (readonly number[])[],
  features: readonly number[],
): readonly number[] | undefined {
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
