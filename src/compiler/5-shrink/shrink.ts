import type { Diagnostic } from '../../diagnostics/diagnostic.js';
import { diagnostic, Failure, Reports } from '../../diagnostics/report.js';
import type { Dim, Unit } from '../../ir/dims.js';
import {
  allParams,
  axisExtent,
  blockMakers,
  type GraphOutput,
  type Network,
  type Node,
  nodeOf,
  originalsOfAxis,
  unitMakers,
} from '../../ir/graph.js';
import type { InputRanges } from '../../ir/ranges.js';
import { constantOf } from '../../ir/units.js';
import { axisName, lowerDims, type Originals, paramShape, paramSize } from '../3-dims/index.js';
import { type LayerEdit, layerEditsBetween, spareInputs, withoutLayers } from './branches.js';
import { type Dependence, dependence } from './dependence.js';
import type { Facts } from './facts.js';
import { type FoundWithin, factsWithin, inferenceFacts } from './ranges.js';
import { type Folded, type Folding, fold, NOTHING_FOLDED } from './fold.js';
import { type Site, sitesOf } from './links.js';
import { type Liveness, type LivenessOptions, liveness } from './liveness.js';
import { layerKind } from '../../layers/index.js';
import type { PinnedUnits } from './reasons.js';
import { type ArgumentEdit, resize } from './resize.js';
import { keptPositions, positionsLeft, slice } from './slice.js';
import type { Values, ValuesExact } from './values.js';

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

export type ShrinkOptions = Pick<LivenessOptions, 'roundTo' | 'ranges'>;

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
  /** Layers that went, and layers that read others than before. */
  readonly layerEdits: readonly LayerEdit[];
  readonly pins: readonly PinnedUnits[];
  /** Units of outputs that are constant: an interface, so they stay. */
  readonly constantOutputs: readonly { readonly output: string; readonly index: number; readonly value: number }[];
  /** What followed from the ranges of the inputs, where there were some to rest on. With constants among it the function is the same within the ranges only. */
  readonly within?: FoundWithin & { readonly ranges: InputRanges };
}

/** What one removal left. */
export interface Removal extends ShrinkResult {
  /** The units that went, as representatives in the dims of the network that was given. */
  readonly removed: ReadonlySet<Unit>;
}

/**
 * Removes every unit that does not matter: dead-code elimination over units (docs/methods.md, section 4). A unit that nothing needs goes; a constant
 * one goes after c · W was added to its readers' bias, in float64, rounded once. What is left of a merge with one input, or computes nothing that is read, goes
 * as a layer. The function stays the same up to the order of summation.
 * With `ranges` that holds for rows whose inputs are within them. Shrinking the result again changes nothing: it is shrunk until nothing more goes, since what is
 * left may tell more than the whole did, such as an axis of a concatenation of which the other part went. Throws a Failure (dead-network) where an output no longer
 * depends on any input.
 */
export function shrink(network: Network, values: Values, options: ShrinkOptions = {}): ShrinkResult {
  const found = shrunkToRest(network, values, options);
  if ('dead' in found) throw new Failure(found.dead);
  return found;
}

/** The same, and undefined where an output no longer depends on any input. That `dependsOnInputs` is only a quick look: what is dead may show when other units are gone. */
export function shrinkLiving(network: Network, values: Values, options: ShrinkOptions = {}): ShrinkResult | undefined {
  const found = shrunkToRest(network, values, options);
  return 'dead' in found ? undefined : found;
}

/** Messages of outputs that depend on no input. */
interface Dead {
  readonly dead: readonly Diagnostic[];
}

function shrunkToRest(network: Network, values: Values, options: ShrinkOptions): ShrinkResult | Dead {
  const first = looked(network, values, options, { whole: network, folding: NOTHING_FOLDED });
  if ('dead' in first) return first;
  let result: ShrinkResult = first.remove();
  while (result.changed) {
    const exact = new Map([...result.exact].map(([name, data]) => [name, data.slice()]));
    const folding = { exact, folded: [...result.folded], added: new Map() };
    const again = looked(result.network, result.values, options, { whole: network, folding });
    if ('dead' in again) return again;
    const next = again.finds ? again.remove() : undefined;
    if (!next?.changed) break;
    result = joined(network, result, next);
  }
  return result;
}

/** One look: both fixpoints. `before`: the network that was given first, and what was folded into the values, not yet rounded. */
function looked(
  network: Network,
  values: Values,
  options: ShrinkOptions,
  { whole, folding: before }: { readonly whole: Network; readonly folding: Folding },
): { readonly finds: boolean; remove(): ShrinkResult } | Dead {
  const given = withExact(values, before.exact);
  const sites = sitesOf(network, given);
  const { ranges } = options;
  const within = ranges && factsWithin(network, given, sites, ranges);
  const facts = within?.facts ?? inferenceFacts(network, given, sites);
  const gone = deadMessages(network, sites, facts, whole);
  if (gone.length > 0) return { dead: gone };
  const spared = spareInputs(network, given, sites, facts, before);
  const present = withExact(given, spared.folding.exact);
  const known = spared.network === network ? { sites, facts } : undefined;
  const live = liveness(spared.network, present, options, known);
  const dead = deadUnits(live);
  return {
    finds: dead.size > 0 || spared.network !== network,
    remove: () => {
      const result = remove(spared.network, values, live, dead, { whole: network, folding: spared.folding });
      return within ? { ...result, within: { ...within.found, ranges: ranges! } } : result;
    },
  };
}

function withExact(values: ValuesExact, exact: ReadonlyMap<string, Float64Array>): ValuesExact {
  return exact.size === 0 ? values : new Map([...values, ...exact]);
}

/** Two removals as one, from the first network to the last. */
function joined(network: Network, first: ShrinkResult, second: ShrinkResult): ShrinkResult {
  const makers = new Map(second.kept.map((one) => [one.layer, one]));
  const kept = first.kept.map((one): KeptUnits => {
    const after = makers.get(one.layer);
    if (!after) return one;
    return {
      ...one,
      positions: after.positions.map((position) => one.positions[position]!),
      originals: after.originals,
      removed: [...one.removed, ...after.removed].sort((a, b) => a.index - b.index),
    };
  });
  const edits = new Map<string, ArgumentEdit>();
  for (const edit of [...first.edits, ...second.edits]) {
    const key = JSON.stringify([edit.layer, edit.argument]);
    edits.set(key, { ...edit, before: (edits.get(key) ?? edit).before });
  }
  const within = first.within && second.within ? joinedFound(first.within, second.within) : first.within;
  return {
    ...second,
    changed: true,
    kept,
    edits: [...edits.values()].filter(({ before, value }) => JSON.stringify(before) !== JSON.stringify(value)),
    layerEdits: layerEditsBetween(network.graph, second.network.graph),
    ...(within && { within }),
  };
}

function joinedFound(
  first: NonNullable<ShrinkResult['within']>,
  second: NonNullable<ShrinkResult['within']>,
): NonNullable<ShrinkResult['within']> {
  const { ranges, linear } = first;
  const constant = [...first.constant];
  for (const more of second.constant) {
    const at = constant.findIndex(({ layer, value }) => layer === more.layer && value === more.value);
    if (at < 0) constant.push(more);
    else
      constant[at] = {
        ...more,
        indices: [...new Set([...constant[at]!.indices, ...more.indices])].sort((a, b) => a - b),
      };
  }
  return { ranges, constant, linear };
}

/** The units that nothing needs, or whose constant value their readers can hold instead. */
export function deadUnits(live: Liveness): Set<Unit> {
  const dead = new Set<Unit>();
  const add = (unit: Unit) => {
    if (!live.needed.has(unit)) dead.add(unit);
  };
  for (const site of live.sites) {
    for (const shape of site.outputs) for (const axis of shape) for (const unit of axis) add(unit);
    for (const units of site.parts.values()) for (const unit of units) add(unit);
  }
  // Rows keep their places, whether an Input is read or not.
  for (const { inputs, fixed } of live.sites) if (inputs.length === 0) for (const unit of fixed) dead.delete(unit);
  return dead;
}

/**
 * Removes dead units: all or some of `deadUnits`, with every unit made of others that go. `whole` is the network as it was before layers went, with what was folded
 * then.
 */
export function remove(
  network: Network,
  values: Values,
  live: Liveness,
  removed: ReadonlySet<Unit>,
  before: { readonly whole: Network; readonly folding: Folding } = { whole: network, folding: NOTHING_FOLDED },
): Removal {
  const folding = fold(network, withExact(values, before.folding.exact), live, removed, before.folding);
  const { exact, folded, added } = folding;
  const idle = live.sites.filter((site) => isIdle(site, live, removed)).map(({ node }) => node.name);
  const { network: shrunk, edits } = without(network, removed, folded, new Set(idle));
  const left = new Set(shrunk.graph.nodes.map(({ name }) => name));

  const exactSliced = new Map<string, Float64Array>();
  const declared = new Map(allParams(network).map((param) => [param.name, param]));
  const kept = new Map(allParams(shrunk).map((param) => [param.name, param]));
  for (const [name, data] of exact) {
    if (!kept.has(name)) continue;
    const axes = declared.get(name)?.axes ?? added.get(name)!;
    exactSliced.set(name, slice(data, axes.map(axisExtent), keptPositions(network, removed, { axes })));
  }
  const sliced = new Map<string, Float32Array>();
  for (const param of kept.values()) {
    const { name } = param;
    const rounded = exactSliced.get(name);
    const own = declared.get(name);
    const data = rounded
      ? Float32Array.from(rounded)
      : own
        ? slice(values.get(name)!, paramShape(own), keptPositions(network, removed, own))
        : // A bias that came along with one that took constants in.
          new Float32Array(paramSize(param));
    if (data.length !== paramSize(param))
      throw new Error(`${name} was sliced to another shape than ${paramShape(param).join('×')}`);
    sliced.set(name, data);
  }
  const layerEdits = layerEditsBetween(before.whole.graph, shrunk.graph);
  return {
    changed: edits.length > 0 || layerEdits.length > 0,
    network: shrunk,
    values: sliced,
    exact: exactSliced,
    kept: keptUnits(before.whole, live, removed, left),
    folded: folded.filter(({ param }) => kept.has(param)),
    edits,
    layerEdits,
    pins: pinned(network, live),
    constantOutputs: constantOutputs(network, live),
    removed,
  };
}

/** The network without some of its units, and some of its layers, which know the indices that they had in the network that was trained first. */
export function without(
  network: Network,
  removed: ReadonlySet<Unit>,
  folded: readonly Folded[] = [],
  idle: ReadonlySet<string> = new Set(),
): { readonly network: Network; readonly edits: readonly ArgumentEdit[] } {
  const graph = withoutLayers(network.graph, idle);
  const resized = graph.nodes.map((node) => resize(network, removed, folded, nodeOf(network.graph, node.name)));
  const { dims } = network;
  const left = (maker: string, { units }: Dim, positions: readonly number[]) =>
    [maker, { indices: positions.map((k) => dims.origin(units[k]!).index), width: dims.widthOf(maker) }] as const;
  const originals: Originals = Object.fromEntries([
    ...unitMakers(network).map(({ maker, axis }) => left(maker, axis, positionsLeft(network, removed, axis.units))),
    ...blockMakers(network).map(({ maker, blocks, by }) => {
      const size = by.units.length / blocks.units.length;
      const living = positionsLeft(network, removed, by.units).map((position) => Math.floor(position / size));
      return left(maker, blocks, [...new Set(living)]);
    }),
    ...dims.allStretches.map(({ maker, dim: { units } }) => {
      const { indices, width } = dims.originalsOf(units);
      return [maker, { indices: positionsLeft(network, removed, units).map((k) => indices[k]!), width }] as const;
    }),
  ]);
  const nodes = graph.nodes.map((node, k) => ({ ...node, arguments: resized[k]!.node.arguments }));
  const lowered = (known: Originals) => {
    const reports = new Reports();
    const made = lowerDims({ ...graph, nodes }, { originals: known }, reports);
    if (reports.failed)
      throw new Error(`the shrunk network does not fit together: ${new Failure(reports.all).message}`);
    return made;
  };
  const smaller = lowered(originals);
  const others = untoldOriginals(network, removed, smaller);
  return {
    network: Object.keys(others).length === 0 ? smaller : lowered({ ...originals, ...others }),
    edits: resized.flatMap(({ edits }) => edits),
  };
}

/** Axes of parameters of which the units that are left do not tell where they stood: all of another layer that stood beside them went. */
function untoldOriginals(network: Network, removed: ReadonlySet<Unit>, smaller: Network): Originals {
  const before = new Map(allParams(network).map((param) => [param.name, param]));
  return Object.fromEntries(
    allParams(smaller).flatMap(({ name, axes }) =>
      axes.flatMap((axis, k) => {
        const own = before.get(name)?.axes[k];
        if (!own || own.groups !== undefined || own.by !== undefined) return [];
        const { indices, width } = originalsOfAxis(network.dims, own);
        const wanted = positionsLeft(network, removed, own.dim.units).map((position) => indices[position]!);
        const told = smaller.dims.originalsOf(axis.dim.units);
        const same = told.width === width && wanted.every((index, at) => index === told.indices[at]);
        return same ? [] : [[axisName(name, k), { indices: wanted, width }] as const];
      }),
    ),
  );
}

/** Whether every output still depends on some input. */
export function dependsOnInputs(network: Network, values: Values, ranges?: InputRanges): boolean {
  const sites = sitesOf(network, values);
  return deadOutputs(network, sites, inferenceFacts(network, values, sites, ranges)).length === 0;
}

/** @throws Failure dead-network where an output no longer depends on any input */
export function refuseDeadNetwork(network: Network, values: Values, ranges?: InputRanges): void {
  const sites = sitesOf(network, values);
  const dead = deadMessages(network, sites, inferenceFacts(network, values, sites, ranges), network);
  if (dead.length > 0) throw new Failure(dead);
}

/** A warning (dying-network) for each output that depends on no input under the values of an epoch's end. */
export function deathsWhileTraining(network: Network, values: Values): readonly Diagnostic[] {
  const sites = sitesOf(network, values);
  return deadMessages(network, sites, inferenceFacts(network, values, sites), network, 'dying-network');
}

/** The outputs that depend on no input, as constants do and as what varies by place or step alone. */
export function deadOutputs(network: Network, sites: readonly Site[], facts: Facts): GraphOutput[] {
  const depends = dependence(sites, facts);
  return network.graph.outputs.filter(({ node, output }) => !depends.get(node)![output]!);
}

/** Whether a layer computes nothing that is read any more. An Input stays, with an empty `keep`. */
function isIdle(site: Site, live: Liveness, removed: ReadonlySet<Unit>): boolean {
  if (site.inputs.length === 0 || live.living(site)) return false;
  // While training, units may wait to go: the layer goes with the last of them.
  return site.outputs.every((shape) =>
    shape.some((axis) => axis.length > 0 && axis.every((unit) => removed.has(unit))),
  );
}

/** A message for each output that depends on no input. It speaks of the `whole` network, as it was before units went. */
function deadMessages(
  network: Network,
  sites: readonly Site[],
  facts: Facts,
  whole: Network,
  code: 'dead-network' | 'dying-network' = 'dead-network',
): readonly Diagnostic[] {
  return deadOutputs(network, sites, facts).map((output) => {
    const first = firstDeadLayer(network, dependence(sites, facts), output);
    const units = whole.shapes.get(first.name)![0]!.at(-1)!.units.length;
    const help =
      code === 'dead-network'
        ? `use a smaller lambda on ${first.name}, or a lower threshold`
        : `use a smaller lambda on ${first.name}; Ctrl-C ends this run`;
    return diagnostic(code, { layer: first.name, output: output.name, units }, { at: first.span, help: [help] });
  });
}

/** The first layer that no longer carries anything of an input, of those from which an output has it: a branch that died beside others which live has not killed it. */
function firstDeadLayer(network: Network, depends: Dependence, output: GraphOutput): Node {
  const isDead = ({ name, inputs }: Node) => inputs.length > 0 && !depends.get(name)!.includes(true);
  const reached = new Set([output.node]);
  for (const node of [...network.graph.nodes].reverse())
    if (reached.has(node.name) && isDead(node)) for (const input of node.inputs) reached.add(input.node);
  const dead = network.graph.nodes.filter((node) => reached.has(node.name) && isDead(node));
  // What reads a shape alone never carried anything.
  return dead.find((node) => !layerKind(node.kind).shapeOnly?.(node.arguments as never)) ?? dead[0]!;
}

function keptUnits(whole: Network, live: Liveness, removed: ReadonlySet<Unit>, left: ReadonlySet<string>): KeptUnits[] {
  const { dims } = whole;
  const reasons = reasonsOf(live);
  return unitMakers(whole).flatMap(({ maker, node, axis }): KeptUnits[] => {
    // Product units are told by the axes that they are made of, and by `keep`.
    if (axis.units.some((unit) => dims.componentsOf(unit).length > 0)) return [];
    const positions = left.has(node.name) ? positionsLeft(whole, removed, axis.units) : [];
    const staying = new Set(positions);
    const gone = axis.units.filter((_, k) => !staying.has(k));
    return [
      {
        layer: maker,
        before: axis.units.length,
        positions,
        originals: positions.map((k) => dims.origin(axis.units[k]!).index),
        width: dims.widthOf(maker),
        removed: gone.map((unit) => ({
          index: dims.origin(unit).index,
          ...(reasons.get(dims.find(unit)) ?? { reason: 'unread' as const }),
        })),
      },
    ];
  });
}

/** Why units could go that a reader would notice: it holds their value instead. The others are unread. */
function reasonsOf(live: Liveness): ReadonlyMap<Unit, { readonly reason: 'constant'; readonly value: number }> {
  const reasons = new Map<Unit, { readonly reason: 'constant'; readonly value: number }>();
  for (const site of live.sites)
    for (const link of site.links) {
      let columns: number[] | undefined;
      link.reads.forEach((unit, row) => {
        if (live.needed.has(unit) || reasons.has(unit)) return;
        const value = live.constantRead(site, link, row)?.inside;
        if (value === undefined) return;
        columns ??= link.writes?.flatMap((written, k) => (live.wants(site, written) ? [k] : [])) ?? [0];
        if (columns.some((column) => link.live(row, column))) reasons.set(unit, { reason: 'constant', value });
      });
    }
  return reasons;
}

function pinned(network: Network, { pins }: Liveness): PinnedUnits[] {
  const told = new Map<string, PinnedUnits & { readonly indices: number[] }>();
  for (const { maker, axis } of unitMakers(network))
    for (const unit of axis.units) {
      // Where layers share units, the first of them tells.
      const root = network.dims.find(unit);
      const pin = pins.get(root);
      const { layer, index } = network.dims.origin(root);
      if (!pin || layer !== maker) continue;
      const key = JSON.stringify([maker, pin.reason]);
      const units = told.get(key) ?? { layer: maker, indices: [], reason: pin.reason };
      units.indices.push(index);
      told.set(key, units);
    }
  return [...told.values()];
}

function constantOutputs(network: Network, { facts }: Liveness): ShrinkResult['constantOutputs'] {
  return network.graph.outputs.flatMap(({ name, node, output }) =>
    (facts.get(node)![output]!.at(-1) ?? []).flatMap((fact, index) => {
      const value = constantOf(fact);
      return value === undefined ? [] : [{ output: name, index, value }];
    }),
  );
}
