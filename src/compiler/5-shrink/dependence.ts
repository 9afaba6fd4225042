import type { Unit } from '../../ir/dims.js';
import { whollyKnown } from '../../layers/facts.js';
import type { AxisFacts } from '../../layers/layer.js';
import type { Facts } from './facts.js';
import type { Site } from './links.js';
import { isSame } from './unit-sets.js';

/** By layer and output: whether any of it depends on an input of the network. */
export type Dependence = ReadonlyMap<string, readonly boolean[]>;

/** Of one output: the units of its last axis that depend on an input, and those on other axes that do not. A tensor without axes has none and may depend all the same. */
class Dependent {
  private known: ReadonlySet<Unit> | undefined;

  constructor(
    readonly any: boolean,
    readonly last: readonly Unit[] = [],
    /** By place of the last axis. */
    readonly places: Uint8Array = new Uint8Array(last.length),
    readonly independent: ReadonlySet<Unit> = NONE,
  ) {}

  get units(): ReadonlySet<Unit> {
    return (this.known ??= new Set(this.last.filter((_, place) => this.places[place] === 1)));
  }
}

const NONE: ReadonlySet<Unit> = new Set();
const INDEPENDENT = new Dependent(false);

/**
 * What depends on the network's inputs: a forward fact beside those of values, independent < depends. What does not depend on an input may still vary, by place
 * (vectors of positions, zeros at the rim of a map) or by step (the state of a recurrence). A unit depends on an input if it is no constant and is reached
 * from one through weights that are not 0 and units that depend. Where the dimensions do not tell, it depends.
 */
export function dependence(sites: readonly Site[], facts: Facts): Dependence {
  const found: (readonly Dependent[])[] = [];
  for (const site of sites) found.push(dependentAt(site, facts, found));
  return new Map(sites.map(({ node, index }) => [node.name, found[index]!.map(({ any }) => any)]));
}

function dependentAt(site: Site, facts: Facts, found: readonly (readonly Dependent[])[]): readonly Dependent[] {
  const { node, kind, outputs } = site;
  const known = facts.get(node.name)!;
  const inputs = site.inputs.map(({ site: from, output }) => found[from]![output]!);
  if (inputs.length > 0 && (kind.shapeOnly?.(node.arguments) || inputs.every(({ any }) => !any)))
    return outputs.map(() => INDEPENDENT);
  const aligned = inputs.length === 0 ? undefined : alignedReach(site, inputs, known);
  const reached = inputs.length === 0 || aligned ? undefined : reachedUnits(site, inputs, constantUnits(site, known));
  const stays = outputs.some(({ length }) => length > 1) ? independentUnits(site, inputs) : () => false;
  return outputs.map((axes, k) => {
    if (whollyKnown(known[k]!)) return INDEPENDENT;
    const last = axes.at(-1);
    if (!last) return new Dependent(true);
    const own = known[k]!.at(-1)!;
    const depends = new Uint8Array(last.length);
    let some = false;
    for (let place = 0; place < last.length; place++) {
      const unit = last[place]!;
      if (own[place] !== 'varies') continue;
      if (site.unitwise.has(unit) && (aligned ? aligned[place] === 0 : reached && !reached.has(unit))) continue;
      depends[place] = 1;
      some = true;
    }
    const places = axes.slice(0, -1);
    const independent =
      places.length === 0 ? NONE : new Set(places.flat().filter((unit) => site.unitwise.has(unit) && stays(unit)));
    const any = some && places.every((axis) => axis.some((unit) => !independent.has(unit)));
    return any ? new Dependent(true, last, depends, independent) : INDEPENDENT;
  });
}

function constantUnits({ outputs }: Site, known: readonly AxisFacts[]): ReadonlySet<Unit> {
  return new Set(
    outputs.flatMap((axes, k) => (axes.at(-1) ?? []).filter((_, place) => known[k]!.at(-1)![place] !== 'varies')),
  );
}

/**
 * By place of the last axis, whether what depends reaches it, for the layers that most are: those that read the last axis of their inputs through weights alone, or hand it
 * on. Undefined for any other.
 */
function alignedReach(site: Site, inputs: readonly Dependent[], known: readonly AxisFacts[]): Uint8Array | undefined {
  const { links, outputs } = site;
  const last = outputs[0]!.at(-1);
  if (!last || outputs.length > 1 || site.components.size > 0) return undefined;
  const ends = site.inputs.map(({ axes }) => axes.at(-1) ?? []);
  const reach = new Uint8Array(last.length);
  if (links.length === 0) {
    if (!ends.every((end) => isSame(end, last))) return undefined;
    for (const { any, places } of inputs)
      if (any) for (let place = 0; place < reach.length; place++) reach[place]! |= places[place]!;
    return reach;
  }
  if (site.inputs.some(({ axes }) => axes.slice(0, -1).some((axis) => axis.some((unit) => site.weighted.has(unit)))))
    return undefined;
  const own = known[0]!.at(-1)!;
  for (const link of links) {
    const from = ends.findIndex((end) => isSame(end, link.reads));
    if (link.own || from < 0 || ends.length > 1 || !link.writes || !isSame(link.writes, last)) return undefined;
    const { any, places } = inputs[from]!;
    if (!any) continue;
    const rows = Array.from(places.keys()).filter((row) => places[row] === 1);
    for (let column = 0; column < last.length; column++)
      if (reach[column] === 0 && own[column] === 'varies' && rows.some((row) => link.live(row, column)))
        reach[column] = 1;
  }
  return reach;
}

/** Whether a unit of the inputs depends at none of them. */
function independentUnits({ inputs }: Site, found: readonly Dependent[]): (unit: Unit) => boolean {
  const [depends, all] = [new Set<Unit>(), new Set<Unit>()];
  for (const [k, { axes }] of inputs.entries()) {
    const { any, units, independent } = found[k]!;
    axes.forEach((axis, place) => {
      for (const unit of axis) {
        all.add(unit);
        if (any && (place === axes.length - 1 ? units.has(unit) : !independent.has(unit))) depends.add(unit);
      }
    });
  }
  return (unit) => all.has(unit) && !depends.has(unit);
}

/** The units of a layer that what depends reaches; undefined where the dimensions do not tell. */
function reachedUnits(
  site: Site,
  inputs: readonly Dependent[],
  constant: ReadonlySet<Unit>,
): ReadonlySet<Unit> | undefined {
  const { links, components, weighted } = site;
  const handed = new Set([...site.outputs.flatMap((axes) => axes.at(-1) ?? []), ...[...components.values()].flat()]);
  /** Units of the inputs' last axes, those of them that depend, and those on other axes. */
  const [ends, from, places] = [new Set<Unit>(), new Set<Unit>(), new Set<Unit>()];
  for (const [k, { any, units, independent }] of inputs.entries()) {
    const { axes } = site.inputs[k]!;
    const last = axes.at(-1);
    for (const unit of last ?? []) ends.add(unit);
    for (const unit of axes.slice(0, -1).flat()) places.add(unit);
    if (!any) continue;
    if (last?.some((unit) => weighted.has(unit) || handed.has(unit))) {
      for (const unit of units) from.add(unit);
      continue;
    }
    // Another axis may become the last one.
    const moved = axes.find((axis) => axis.some((unit) => handed.has(unit)));
    // What no weight reads and no output has reaches the outputs in a way that the dimensions do not tell.
    if (!moved) return undefined;
    for (const unit of moved) if (!independent.has(unit)) from.add(unit);
  }
  // So do units inside that no weight writes: heads of attention.
  const written = new Set(links.flatMap(({ writes }) => writes ?? []));
  for (const unit of weighted)
    if (places.has(unit) || !(ends.has(unit) || written.has(unit) || components.has(unit))) return undefined;

  const reached = new Set([...handed].filter((unit) => from.has(unit) && !constant.has(unit)));
  const reads = (unit: Unit, own: boolean) => reached.has(unit) || (!own && from.has(unit));
  const joins = (parts: readonly Unit[]) =>
    parts.some((part) => reads(part, false)) || parts.every((part) => !ends.has(part) && !written.has(part));
  for (let before = -1; before !== reached.size; ) {
    before = reached.size;
    for (const [unit, parts] of components) if (!constant.has(unit) && joins(parts)) reached.add(unit);
    for (const link of links) {
      const rows = link.reads.flatMap((unit, row) => (reads(unit, link.own) ? [row] : []));
      if (rows.length === 0) continue;
      // A parameter that writes no unit reaches all of them.
      if (!link.writes) return undefined;
      link.writes.forEach((unit, column) => {
        if (!reached.has(unit) && !constant.has(unit) && rows.some((row) => link.live(row, column))) reached.add(unit);
      });
    }
  }
  return reached;
}
