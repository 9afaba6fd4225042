import type { Unit } from '../../ir/dims.js';
import { allParams, axisExtent, blocksOf as blockAxes, type Network, unitMakers } from '../../ir/graph.js';
import { aroundAxis } from '../../program/kernels.js';
import { paramShape } from '../3-dims/index.js';
import type { Site } from './links.js';
import type { Need } from './liveness.js';
import type { ValuesExact } from './values.js';

/**
 * Blocks that must be alike keep as many units as the fullest needs: of those that nothing needs the ones with the largest norm, the first of equal ones. A
 * block of which nothing is needed on any of its axes goes.
 */
export function keepEqualBlocks(network: Network, values: ValuesExact, need: Need): void {
  const { dims } = network;
  for (const { layer, called, blocks, dims: axes } of dims.allEqualBlocks) {
    if (!need.has(layer) || !need.living(need.siteOf(layer))) continue;
    const units = axes.map((dim) => blocksOf(dim.units, blocks).map((block) => block.map((unit) => dims.find(unit))));
    const counts = units.map((of) => of.map((block) => block.filter((unit) => need.needed.has(unit)).length));
    const places = Array.from({ length: blocks }, (_, block) => block);
    let living = places.filter((block) => counts.some((of) => of[block]! > 0));
    if (living.length === 0) living = [0];
    units.forEach((of, k) => {
      const fullest = Math.max(...living.map((block) => counts[k]![block]!));
      const most = Math.max(1, fullest);
      const reason =
        fullest === 0
          ? `no ${called} of ${layer} needs any of them, but every ${called} that stays must have one`
          : `every ${called} of ${layer} must have equally many, and the fullest needs so many`;
      for (const block of living) {
        const dead = of[block]!.filter((unit) => !need.needed.has(unit));
        for (const unit of largest(network, values, dead, most - counts[k]![block]!))
          need.keep(unit, { layer, reason });
      }
    });
  }
}

/** Widths stay at multiples of `roundTo`, or as they were where that is less: with the fewest more units, those with the largest norm. */
export function roundWidths(network: Network, values: ValuesExact, need: Need, roundTo: number): void {
  for (const { site, units } of roundedAxes(network, need.sites)) {
    const dead = units.filter((unit) => !need.needed.has(unit));
    if (dead.length === units.length || !need.living(site)) continue;
    const reason = `round_to: ${roundTo} keeps widths at multiples of ${roundTo}`;
    for (const unit of staying(network, values, units, dead, roundTo))
      need.keep(unit, { layer: site.node.name, reason });
  }
}

/** The same while training goes on: takes units back from those that go. */
export function roundGoing(
  network: Network,
  values: ValuesExact,
  sites: readonly Site[],
  going: Set<Unit>,
  roundTo: number,
): void {
  for (const { units } of roundedAxes(network, sites)) {
    const leaving = units.filter((unit) => going.has(unit));
    for (const unit of staying(network, values, units, leaving, roundTo)) going.delete(unit);
  }
}

/** The units of layers with a width of their own. */
function roundedAxes(
  network: Network,
  sites: readonly Site[],
): readonly { readonly site: Site; readonly units: readonly Unit[] }[] {
  const places = new Map(sites.map((site) => [site.node.name, site]));
  return unitMakers(network).flatMap(({ node, part, axis }) => {
    const site = places.get(node.name)!;
    if (part !== undefined || site.inputs.length === 0 || site.components.size > 0 || !site.kind.resize) return [];
    return [{ site, units: [...new Set(axis.units.map((unit) => network.dims.find(unit)))] }];
  });
}

/** Which of those that would leave stay, so that as many are left as a multiple of `roundTo`, or all where there are fewer. */
function staying(
  network: Network,
  values: ValuesExact,
  units: readonly Unit[],
  leaving: readonly Unit[],
  roundTo: number,
): readonly Unit[] {
  const left = units.length - leaving.length;
  return largest(network, values, leaving, Math.min(Math.ceil(left / roundTo) * roundTo, units.length) - left);
}

function blocksOf(units: readonly Unit[], blocks: number): (readonly Unit[])[] {
  const size = units.length / blocks;
  return Array.from({ length: blocks }, (_, block) => units.slice(block * size, (block + 1) * size));
}

/** The `count` units of which all weights together have the largest norm, the first of equal ones. */
function largest(network: Network, values: ValuesExact, units: readonly Unit[], count: number): readonly Unit[] {
  if (count <= 0) return [];
  if (count >= units.length) return units;
  const squares = squaresOf(network, values, new Set(units));
  const places = new Map(units.map((unit, k) => [unit, k]));
  return [...units]
    .sort((a, b) => (squares.get(b) ?? 0) - (squares.get(a) ?? 0) || places.get(a)! - places.get(b)!)
    .slice(0, count);
}

/** Squares of all weights into and out of units, added up. */
function squaresOf(network: Network, values: ValuesExact, wanted: ReadonlySet<Unit>): ReadonlyMap<Unit, number> {
  const { dims } = network;
  const squares = new Map<Unit, number>();
  for (const param of allParams(network)) {
    const shape = paramShape(param);
    param.axes.forEach((axis, k) => {
      const roots = axis.dim.units.map((unit) => dims.find(unit));
      if (!roots.some((unit) => wanted.has(unit))) return;
      const data = values.get(param.name)!;
      const { outer, extent, inner } = aroundAxis(shape, k);
      const blocks = blockAxes(param.axes);
      const own = blocks?.axis === k ? blocks : undefined;
      const rows = axisExtent(axis);
      const telling = own && aroundAxis(shape, own.by);
      roots.forEach((unit, position) => {
        if (!wanted.has(unit)) return;
        let sum = 0;
        for (let o = 0; o < outer; o++)
          for (let i = 0; i < inner; i++) {
            const place = (o * extent + (position % rows)) * inner + i;
            // Of an axis that stands for several blocks, what is at the unit's own block of the axis that tells it.
            if (own && telling) {
              const at = Math.floor(place / telling.inner) % telling.extent;
              if (Math.floor((at * own.groups) / telling.extent) !== Math.floor(position / rows)) continue;
            }
            const weight = data[place]!;
            sum += weight * weight;
          }
        squares.set(unit, (squares.get(unit) ?? 0) + sum);
      });
    });
  }
  return squares;
}
