import type { Dims, Unit } from '../../ir/dims.js';
import type { Network } from '../../ir/graph.js';
import { constantOf } from '../../ir/units.js';
import { layerKind } from '../../layers/index.js';
import { type Facts, meet, unitFacts } from './facts.js';
import { type Site, sitesOf } from './links.js';
import type { ValuesExact } from './values.js';

/** Whose facts count: inference for the final network; both modes while training goes on. */
export type Modes = 'inference' | 'both';

/** Why a unit that no living unit reads stays: a layer, and its reason. */
export interface Pin {
  readonly layer: string;
  readonly reason: string;
}

/** The result of both fixpoints. Units are representatives (`Dims.find`). */
export interface Liveness {
  readonly sites: readonly Site[];
  readonly facts: Facts;
  readonly needed: ReadonlySet<Unit>;
  /** Units that are needed only because a layer pins them. */
  readonly pins: ReadonlyMap<Unit, Pin>;
}

/**
 * Which units a network needs, and what is known of them. Both fixpoints are least: two units that feed only each other are not needed. `folds` may
 * refuse that a layer takes constants into its bias.
 */
export function liveness(
  network: Network,
  values: ValuesExact,
  modes: Modes = 'inference',
  folds: (layer: string) => boolean = () => true,
): Liveness {
  const sites = sitesOf(network, values).map((site) => ({ ...site, folds: site.folds && folds(site.node.name) }));
  const inference = unitFacts(network, values, 'inference', sites);
  const facts = modes === 'inference' ? inference : meet(inference, unitFacts(network, values, 'training', sites));

  const needed = new Set<Unit>();
  const siteOf = new Map(sites.map((site) => [site.node.name, site]));
  for (const { node, output } of network.graph.outputs)
    for (const unit of siteOf.get(node)!.outputs[output]!.flat()) needed.add(unit);

  const read = (site: Site) => propagate(site, facts, needed);
  settle(sites, needed, [read]);
  // Pins come second, so that only the units that would have gone are reported with a reason.
  const pins = new Map<Unit, Pin>();
  settle(sites, needed, [read, (site) => pin(site, network.dims, needed, pins)]);
  return { sites, facts, needed, pins };
}

/** Runs the rules backwards over the layers until they add no unit. */
function settle(sites: readonly Site[], needed: ReadonlySet<Unit>, rules: readonly ((site: Site) => void)[]): void {
  for (let before = -1; before !== needed.size; ) {
    before = needed.size;
    for (const site of [...sites].reverse()) for (const rule of rules) rule(site);
  }
}

/** A unit is needed if a needed unit reads it through a weight that is not 0, or is made of it. */
function propagate(site: Site, facts: Facts, needed: Set<Unit>): void {
  for (const link of site.links) {
    const columns =
      link.writes?.flatMap((unit, k) => (needed.has(unit) ? [k] : [])) ?? (living(site, needed) ? [0] : []);
    link.reads.forEach((unit, row) => {
      if (needed.has(unit) || absorbed(site, facts, unit)) return;
      if (columns.some((column) => link.live(row, column))) needed.add(unit);
    });
  }
  for (const [unit, parts] of site.components) if (needed.has(unit)) for (const part of parts) needed.add(part);
}

function living(site: Site, needed: ReadonlySet<Unit>): boolean {
  return site.outputs.some((shape) => shape.some((axis) => axis.some((unit) => needed.has(unit))));
}

/** Whether a layer that reads the unit through weights can do without it: it is 0 there, or a constant that the layer folds. */
function absorbed(site: Site, facts: Facts, unit: Unit): boolean {
  const constant = constantAt(site, facts, unit);
  return constant === 0 || (constant !== undefined && site.folds);
}

/** The constant that a unit is wherever a layer reads it, on whichever axis; undefined if it varies anywhere. */
export function constantAt(site: Site, facts: Facts, unit: Unit): number | undefined {
  let constant: number | undefined;
  for (const [input, shape] of site.inputs.entries()) {
    const from = site.node.inputs[input]!;
    for (const [axis, units] of shape.entries()) {
      const position = units.indexOf(unit);
      if (position < 0) continue;
      const here = constantOf(facts.get(from.node)![from.output]![axis]![position]!);
      if (here === undefined || (constant !== undefined && here !== constant)) return undefined;
      constant = here;
    }
  }
  return constant;
}

function pin(site: Site, dims: Dims, needed: Set<Unit>, pins: Map<Unit, Pin>): void {
  if (!living(site, needed)) return;
  const { node } = site;
  const kind = layerKind(node.kind);
  const keep = (unit: Unit, reason: string) => {
    if (needed.has(unit)) return;
    needed.add(unit);
    // What the shape rule said of this unit tells more than what holds for the kind of layer.
    pins.set(unit, { layer: node.name, reason: dims.pinOf(unit) ?? reason });
  };
  const mixes = kind.pinReason?.(node.arguments) ?? `${kind.keyword} mixes units`;
  const parts = new Set([...site.components.values()].flat());
  for (const unit of site.inputs.flat(2))
    if (!site.unitwise.has(unit) && !site.weighted.has(unit) && !parts.has(unit)) keep(unit, mixes);
  for (const unit of site.outputs.flat(2)) if (!site.unitwise.has(unit)) keep(unit, mixes);
  const noArgument = `${kind.keyword} has no argument for their number`;
  for (const unit of site.fixed) keep(unit, noArgument);
  site.outputs.forEach((shape, k) => {
    if (!site.makes[k] || kind.resize) return;
    // A unit made of others goes with any of them, without an argument that says so.
    for (const unit of shape.at(-1) ?? [])
      if (site.components.get(unit)?.every((part) => needed.has(part)) ?? true) keep(unit, noArgument);
  });
  for (const unit of [...site.inputs.flat(2), ...site.outputs.flat(2)]) {
    const reason = dims.pinOf(unit);
    if (reason !== undefined) keep(unit, reason);
  }
}
