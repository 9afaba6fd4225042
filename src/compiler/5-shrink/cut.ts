import { allParams, type Network, type Param } from '../../ir/graph.js';
import { sizeOf } from '../../program/program.js';
import { stridesOf } from '../../program/shapes.js';
import { kernelsOf, methodKind } from '../4-program/index.js';
import type { Groups } from '../../sparsity/method.js';
import type { Threshold } from '../spec.js';
import type { Values } from './values.js';

/**
 * A threshold that can be applied. `unit`: groups of an L2 norm of at most `value` become 0, columns and rows of annotated kernels as their
 * methods say. `weight`: elements of annotated kernels with |w| < value become 0, the DropNeuron paper's pruning; biases stay.
 */
export type AppliedThreshold = Exclude<Threshold, { readonly kind: 'auto' }>;

export interface CutResult {
  readonly values: Values;
  /** Groups that became 0, or were; only for `unit`. */
  readonly groups: { readonly cut: number; readonly of: number };
  /** Kernel elements of the network that are not 0, and their number: how the paper counts. */
  readonly kernels: { readonly nonzero: number; readonly of: number };
}

/** The weights of one kernel that one unit writes or reads, with the norm that they had before anything was cut. */
interface Group {
  readonly kernel: Param;
  /** Which weights these are. */
  readonly places: Groups;
  readonly group: number;
  readonly norm: number;
}

/**
 * Writes zeros where the threshold says so: removal by importance, which changes the function, and which a metric judges. What is dead because of
 * the zeros goes by exact shrinking afterwards; the two are never mixed up. The values that were given stay as they are.
 */
export function cut(network: Network, values: Values, threshold: AppliedThreshold): CutResult {
  const masked = new Map(values);
  const own = (name: string) => {
    const copy = masked.get(name)!.slice();
    masked.set(name, copy);
    return copy;
  };
  let groups: readonly Group[] = [];
  let below: readonly Group[] = [];
  if (threshold.kind === 'unit') {
    groups = groupsOf(network, values);
    below = groups.filter((group) => group.norm <= threshold.value);
    for (const kernel of new Set(below.map((group) => group.kernel))) {
      const data = own(kernel.name);
      for (const places of new Set(below.flatMap((one) => (one.kernel === kernel ? [one.places] : [])))) {
        const cut = new Set(below.flatMap((one) => (one.places === places ? [one.group] : [])));
        places.groupOf.forEach((group, k) => {
          if (cut.has(group)) data[k] = 0;
        });
      }
    }
  } else {
    for (const kernel of annotatedKernels(network)) {
      const data = own(kernel.name);
      for (let k = 0; k < data.length; k++) if (Math.abs(data[k]!) < threshold.value) data[k] = 0;
    }
  }
  return { values: masked, groups: { cut: below.length, of: groups.length }, kernels: countKernels(network, masked) };
}

/** Elements of kernels that are not 0, and their number. */
export function countKernels(network: Network, values: Values): { nonzero: number; of: number } {
  let nonzero = 0;
  let of = 0;
  for (const param of allParams(network)) {
    if (!param.tensor.endsWith('kernel')) continue;
    const data = values.get(param.name)!;
    of += data.length;
    for (const weight of data) if (weight !== 0) nonzero++;
  }
  return { nonzero, of };
}

/** Every threshold that cuts something else than those below it, rising: 0, and the group norms present. A threshold cuts norms up to and including it. */
export function thresholdsOf(network: Network, values: Values): readonly number[] {
  const norms = [...new Set(groupsOf(network, values).map((group) => group.norm))].sort((a, b) => a - b);
  return [0, ...norms.filter((norm) => norm > 0)];
}

/** The same for `weight`: 0, and the magnitudes present in annotated kernels, each of which is cut by the next one. */
export function magnitudesOf(network: Network, values: Values): readonly number[] {
  const kernels = annotatedKernels(network).map(({ name }) => values.get(name)!);
  const all = new Float32Array(kernels.reduce((sum, { length }) => sum + length, 0));
  let begin = 0;
  for (const weights of kernels) {
    all.set(weights, begin);
    begin += weights.length;
  }
  // Sorted in place: a set holds 2²⁴ numbers at most, and networks have more weights.
  const rising = all.map(Math.abs).sort();
  return [0, ...rising.filter((magnitude, k) => magnitude !== 0 && magnitude !== rising[k - 1])];
}

/** The thresholds worth trying: of `thresholdsOf`, 0 and at most `size` others, at equal shares of them. */
export function thresholdGrid(network: Network, values: Values, size = 40): readonly number[] {
  return evenly(thresholdsOf(network, values), size);
}

/** Of thresholds that rise from 0, that and at most `size` others, at equal shares of them, the last among them. */
export function evenly([zero = 0, ...present]: readonly number[], size = 40): readonly number[] {
  if (present.length <= size) return [zero, ...present];
  return [zero, ...Array.from({ length: size }, (_, k) => present[Math.ceil(((k + 1) * present.length) / size) - 1]!)];
}

/** The groups that may be cut: never the columns of output units, which are an interface. */
function groupsOf(network: Network, values: Values): readonly Group[] {
  return network.graph.nodes.flatMap((node) => {
    const cuts = node.annotations.map((annotation) => methodKind(annotation).cut?.(annotation.arguments as never));
    return kernelsOf(network, node.name).flatMap(({ param, site }) => {
      const data = values.get(param.name)!;
      const groups = (axes: readonly number[] | undefined): Group[] => {
        if (!axes) return [];
        const places = placesOf(site.kernelShape, axes);
        const squares = new Float64Array(places.count);
        places.groupOf.forEach((group, k) => {
          squares[group]! += data[k]! * data[k]!;
        });
        return Array.from(squares, (sum, group) => ({ kernel: param, places, group, norm: Math.sqrt(sum) }));
      };
      return [
        ...(cuts.some((one) => one?.incoming)
          ? groups(site.incoming).filter(({ group }) => !site.outputs?.has(group))
          : []),
        ...(cuts.some((one) => one?.outgoing) ? groups(site.outgoing) : []),
      ];
    });
  });
}

/** The groups of a row-major tensor that are left when some of its axes are reduced. */
export function placesOf(shape: readonly number[], reduced: readonly number[]): Groups {
  const groupOf = new Int32Array(sizeOf(shape));
  const strides = stridesOf(shape);
  let count = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (reduced.includes(axis)) continue;
    for (let k = 0; k < groupOf.length; k++)
      groupOf[k] = groupOf[k]! + (Math.floor(k / strides[axis]!) % shape[axis]!) * count;
    count *= shape[axis]!;
  }
  return { groupOf, count };
}

function annotatedKernels(network: Network): readonly Param[] {
  return network.graph.nodes.flatMap((node) =>
    node.annotations.length > 0 ? kernelsOf(network, node.name).map(({ param }) => param) : [],
  );
}
