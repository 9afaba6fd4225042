import { diagnostic, Failure, Reports } from '../../diagnostics/report.js';
import type { Dim, Unit } from '../../ir/dims.js';
import { allParams, type GraphOutput, type Network, type Node } from '../../ir/graph.js';
import { constantOf } from '../../ir/units.js';
import { lowerDims, type Originals, paramShape, paramSize } from '../3-dims/index.js';
import { type Folded, fold } from './fold.js';
import { constantAt, type Liveness, liveness } from './liveness.js';
import type { Site } from './links.js';
import type { AxisFacts } from '../../layers/layer.js';
import { type ArgumentEdit, resize } from './resize.js';
import { positionsLeft, sliceAll } from './slice.js';
import type { Values } from './values.js';

/** One unit that went, by its index in the network that was trained first. */
export interface RemovedUnit {
  readonly index: number;
  /** `unread`: no living unit reads it. `constant`: readers have its value in their bias (`value`; 0 adds nothing). */
  readonly reason: 'unread' | 'constant';
  readonly value?: number;
}

/** What became of the units that one layer makes. */
export interface KeptUnits {
  readonly layer: string;
  /** How many there were, in the network that was given. */
  readonly before: number;
  /** Positions that stay, in the network that was given. */
  readonly positions: readonly number[];
  /** Their indices in the network that was trained first, and how many that one had. */
  readonly originals: readonly number[];
  readonly width: number;
  readonly removed: readonly RemovedUnit[];
}

/** Units that stay though no living unit reads them, and why. */
export interface PinnedUnits {
  readonly layer: string;
  readonly reason: string;
  readonly units: number;
}

export interface ShrinkResult {
  /** Whether anything is different. */
  readonly changed: boolean;
  readonly network: Network;
  /** Sliced, with folded constants rounded once. */
  readonly values: Values;
  /** Folded biases before rounding, for the certificate. */
  readonly exact: ReadonlyMap<string, Float64Array>;
  readonly kept: readonly KeptUnits[];
  readonly folded: readonly Folded[];
  readonly edits: readonly ArgumentEdit[];
  readonly pins: readonly PinnedUnits[];
  /** Units of outputs that are constant: an interface, so they stay. */
  readonly constantOutputs: readonly { readonly output: string; readonly index: number; readonly value: number }[];
  /** The units that went, as representatives in the dims of the network that was given. */
  readonly removed: ReadonlySet<Unit>;
}

/**
 * Removes every unit that does not matter: dead-code elimination over units (DESIGN.md, section 6). A unit that nothing needs goes; a constant
 * one goes after c · W was added to its readers' bias, in float64, rounded once. The function stays the same up to the order of summation.
 * Shrinking the result again changes nothing. Throws a Failure (dead-network) where an output no longer depends on any input.
 */
export function shrink(network: Network, values: Values): ShrinkResult {
  const live = liveness(network, values);
  refuseDeadOutputs(network, live);
  return remove(network, values, live, deadUnits(live));
}

/** The units that nothing needs, or whose constant value their readers can hold instead. */
export function deadUnits(live: Liveness): Set<Unit> {
  const made = live.sites.flatMap((site) => site.outputs.flat(2));
  return new Set(made.filter((unit) => !live.needed.has(unit)));
}

/** Removes dead units: all or some of `deadUnits`, with every unit made of others that go. */
export function remove(network: Network, values: Values, live: Liveness, removed: ReadonlySet<Unit>): ShrinkResult {
  const { exact, folded } = fold(network, values, live, removed);
  const kept = live.sites.flatMap((site) => keptUnits(network, live, removed, site));
  const { network: shrunk, edits } = without(network, removed, folded);

  const rounded = new Map(values);
  for (const [name, bias] of exact) rounded.set(name, Float32Array.from(bias));
  const params = allParams(network);
  const added = allParams(shrunk).filter((param) => !params.some((one) => one.name === param.name));
  const sliced = sliceAll(network, removed, params, rounded);
  // A new bias has the axis of the layer's own units, which the network that was given has no parameter for.
  const ownBias = (layer: string, data: Float64Array) => {
    const axis = network.shapes.get(layer)![0]!.at(-1)!;
    return Float64Array.from(positionsLeft(network, removed, axis.units), (k) => data[k]!);
  };
  const exactSliced = new Map<string, Float64Array>();
  for (const { reader, param } of folded) exactSliced.set(param, ownBias(reader, exact.get(param)!));
  for (const param of added) sliced.set(param.name, Float32Array.from(exactSliced.get(param.name)!));
  for (const param of allParams(shrunk))
    if (sliced.get(param.name)?.length !== paramSize(param))
      throw new Error(`${param.name} was sliced to another shape than ${paramShape(param).join('×')}`);

  return {
    changed: removed.size > 0,
    network: shrunk,
    values: sliced,
    exact: exactSliced,
    kept,
    folded,
    edits,
    pins: pinned(network, live),
    constantOutputs: constantOutputs(network, live),
    removed,
  };
}

/** The network without some of its units, which know the indices that they had in the network that was trained first. */
export function without(
  network: Network,
  removed: ReadonlySet<Unit>,
  folded: readonly Folded[] = [],
): { readonly network: Network; readonly edits: readonly ArgumentEdit[] } {
  const resized = network.graph.nodes.map((node) => resize(network, removed, folded, node));
  const { dims } = network;
  const originals: Originals = Object.fromEntries(
    unitMakers(network).map(({ layer, axis }) => [
      layer,
      {
        indices: positionsLeft(network, removed, axis.units).map((k) => dims.origin(axis.units[k]!).index),
        width: dims.widthOf(layer),
      },
    ]),
  );
  const reports = new Reports();
  const nodes = resized.map(({ node }) => node);
  const smaller = lowerDims({ ...network.graph, nodes }, { originals }, reports);
  if (reports.failed) throw new Error(`the shrunk network does not fit together: ${new Failure(reports.all).message}`);
  return { network: smaller, edits: resized.flatMap(({ edits }) => edits) };
}

/** The layers whose first output has a last axis of units of their own, with it. */
export function unitMakers({ graph, shapes, dims }: Network): { readonly layer: string; readonly axis: Dim }[] {
  return graph.nodes.flatMap(({ name }) => {
    const axis = shapes.get(name)![0]?.at(-1);
    return axis?.units.some((unit) => dims.origin(unit).layer === name) ? [{ layer: name, axis }] : [];
  });
}

/** Whether every output still depends on some input. */
export function dependsOnInputs(network: Network, values: Values): boolean {
  return deadOutputs(network, liveness(network, values)).length === 0;
}

/** @throws Failure dead-network where an output no longer depends on any input */
export function refuseDeadNetwork(network: Network, values: Values): void {
  refuseDeadOutputs(network, liveness(network, values));
}

export function deadOutputs(network: Network, { facts }: Liveness): GraphOutput[] {
  const { outputs } = network.graph;
  return outputs.filter(({ node, output }) => isConstant(facts.get(node)![output]!));
}

/** Whether all units of the last axis are known: the whole tensor is, then. */
function isConstant(axes: AxisFacts): boolean {
  return axes.at(-1)?.every((fact) => fact !== 'varies') ?? false;
}

function refuseDeadOutputs(network: Network, live: Liveness): void {
  const dead = deadOutputs(network, live);
  if (dead.length === 0) return;
  throw new Failure(
    dead.map((output) => {
      const first = firstDeadLayer(network, live, output);
      const units = live.facts.get(first.name)![0]!.at(-1)!.length;
      return diagnostic(
        'dead-network',
        { layer: first.name, output: output.name, units },
        { at: first.span, help: [`use a smaller lambda on ${first.name}, or a lower threshold`] },
      );
    }),
  );
}

/** The first layer on the way to an output that no longer carries anything. */
function firstDeadLayer(network: Network, { facts }: Liveness, output: GraphOutput): Node {
  const above = new Set([output.node]);
  for (const node of [...network.graph.nodes].reverse())
    if (above.has(node.name)) for (const input of node.inputs) above.add(input.node);
  return network.graph.nodes.find(
    ({ name, inputs }) => above.has(name) && inputs.length > 0 && facts.get(name)!.every(isConstant),
  )!;
}

function keptUnits(network: Network, live: Liveness, removed: ReadonlySet<Unit>, site: Site): KeptUnits[] {
  const { node } = site;
  const axis = network.shapes.get(node.name)![0]?.at(-1);
  // Product units are told by the axes that they are made of, and by `keep`.
  if (!axis || !site.makes[0] || site.components.size > 0) return [];
  const { dims } = network;
  const positions = positionsLeft(network, removed, axis.units);
  const gone = axis.units.filter((unit) => removed.has(dims.find(unit)));
  return [
    {
      layer: node.name,
      before: axis.units.length,
      positions,
      originals: positions.map((k) => dims.origin(axis.units[k]!).index),
      width: dims.widthOf(node.name),
      removed: gone.map((unit) => ({ index: dims.origin(unit).index, ...reasonOf(live, dims.find(unit)) })),
    },
  ];
}

/** Why a unit could go: readers that would notice it hold its value instead, or there are none. */
function reasonOf(
  { sites, facts, needed }: Liveness,
  unit: Unit,
): { reason: 'unread' } | { reason: 'constant'; value: number } {
  for (const site of sites)
    for (const link of site.links) {
      const row = link.reads.indexOf(unit);
      if (row < 0) continue;
      const read = link.writes?.some((written, column) => needed.has(written) && link.live(row, column)) ?? true;
      if (read) return { reason: 'constant', value: constantAt(site, facts, unit)! };
    }
  return { reason: 'unread' };
}

function pinned(network: Network, { pins, sites }: Liveness): PinnedUnits[] {
  const counts = new Map<string, PinnedUnits>();
  for (const site of sites) {
    if (!site.makes[0]) continue;
    for (const unit of site.outputs[0]!.at(-1)!) {
      const pin = pins.get(unit);
      if (!pin || network.dims.origin(unit).layer !== site.node.name) continue;
      const key = JSON.stringify([site.node.name, pin.reason]);
      counts.set(key, { layer: site.node.name, reason: pin.reason, units: (counts.get(key)?.units ?? 0) + 1 });
    }
  }
  return [...counts.values()];
}

function constantOutputs(network: Network, { facts }: Liveness): ShrinkResult['constantOutputs'] {
  return network.graph.outputs.flatMap(({ name, node, output }) =>
    (facts.get(node)![output]!.at(-1) ?? []).flatMap((fact, index) => {
      const value = constantOf(fact);
      return value === undefined ? [] : [{ output: name, index, value }];
    }),
  );
}
