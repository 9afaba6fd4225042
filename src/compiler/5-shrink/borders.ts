import type { Network } from '../../ir/graph.js';
import { constantOf, type UnitFact } from '../../ir/units.js';
import { lastAxisFacts, unknownFacts } from '../../layers/facts.js';
import { type Facts, factsAt } from './facts.js';
import type { Site } from './links.js';
import type { ValuesExact } from './values.js';

/**
 * A constant as a layer reads it: `inside` a region of places, and `border` on what a padding put beside it. Without a region it is the same everywhere. Constants of one
 * region are multiples of each other but for what is at the border, which is a constant that is the same everywhere: so one of them can carry the others.
 */
export interface ReadConstant {
  readonly inside: number;
  readonly border: number;
  /** The padding, counted from the first above the layer; undefined: no place differs. */
  readonly region: number | undefined;
}

export function everywhereSame(constant: number | undefined): ReadConstant | undefined {
  return constant === undefined ? undefined : { inside: constant, border: constant, region: undefined };
}

export function isZero({ inside, border }: ReadConstant): boolean {
  return inside === 0 && border === 0;
}

/** By how much a constant differs from its border: what a unit that carries it has to carry. Of one that is the same everywhere, that. */
export function aboveBorder({ inside, border, region }: ReadConstant): number {
  return region === undefined ? inside : inside - border;
}

/**
 * What a layer reads, by place, of constants that had zeros put beside them: behind a padding a unit is one constant inside and 0 at its border, and functions of single elements
 * leave it at two. `isPadded`: the layer itself puts zeros beside what it reads. At inference.
 */
export function borderedReads(
  network: Network,
  values: ValuesExact,
  sites: readonly Site[],
  facts: Facts,
  site: Site,
  isPadded: boolean,
): readonly (ReadConstant | undefined)[] {
  const [source] = site.inputs;
  const units = source?.axes.at(-1);
  if (!source || !units || site.inputs.length > 1) return [];
  const layers = layersFromPadding(network, sites, site);
  if (layers.length === 0 && !isPadded) return [];
  const from = layers[0]?.inputs[0] ?? source;
  let inside = facts.get(sites[from.site]!.node.name)![from.output]!.at(-1)!;
  let border = inside;
  let regions = units.map((): number | undefined => undefined);
  const pad = (padding: number) => {
    // Beside two values there is no room for a third.
    const third = regions.map((region, unit) => region !== undefined && constantOf(border[unit]!) !== 0);
    const begins = regions.map((region, unit) => region === undefined && constantOf(inside[unit]!) !== 0);
    inside = inside.map((fact, unit) => (third[unit] ? 'varies' : fact));
    border = border.map((fact, unit) => (third[unit] ? 'varies' : begins[unit] && fact !== 'varies' ? 'zero' : fact));
    regions = regions.map((region, unit) => (begins[unit] ? padding : region));
  };
  layers.forEach((layer, k) => {
    if (layer.kind.pads?.(layer.node.arguments)) {
      pad(k);
      return;
    }
    const own = (last: readonly UnitFact[]) => lastFactsBehind(network, values, sites, layer, last);
    // What is known there without this, from the ranges of inputs, say, holds at all places.
    const known = facts.get(layer.node.name)![0]!.at(-1)!;
    const or = (last: readonly UnitFact[]) =>
      last.map((fact, unit) => (known[unit] === 'varies' ? fact : known[unit]!));
    [inside, border] = [or(own(inside)), or(own(border))];
    regions = regions.map((region, unit) =>
      constantOf(inside[unit]!) === constantOf(border[unit]!) ? undefined : region,
    );
  });
  if (isPadded) pad(layers.length);

  return units.map((_, k) => {
    const [constant, rim] = [constantOf(inside[k]!), constantOf(border[k]!)];
    return constant === undefined || rim === undefined
      ? undefined
      : { inside: constant, border: rim, region: regions[k] };
  });
}

/** The layers above one from the first padding on, where all between do nothing but put zeros beside what they read or look at single elements. */
function layersFromPadding(network: Network, sites: readonly Site[], site: Site): readonly Site[] {
  const layers: Site[] = [];
  for (let at = site; at.inputs.length === 1; ) {
    at = sites[at.inputs[0]!.site]!;
    if (!at.kind.pads?.(at.node.arguments) && !isElementwise(network, at)) break;
    layers.unshift(at);
  }
  const first = layers.findIndex(({ kind, node }) => kind.pads?.(node.arguments));
  return first < 0 ? [] : layers.slice(first);
}

/** Whether each number that a layer gives at inference is a function of the one that stands there in its input. */
function isElementwise({ shapes }: Network, { node, kind, inputs, outputs, unitwise }: Site): boolean {
  if (inputs.length !== 1 || outputs.length !== 1) return false;
  const [from] = node.inputs;
  const [before, after] = [shapes.get(from!.node)![from!.output]!, shapes.get(node.name)![0]!];
  if (before.length !== after.length || !before.every((dim, axis) => dim.units === after[axis]!.units)) return false;
  return kind.elementwise === true || outputs[0]!.every((axis) => axis.every((unit) => unitwise.has(unit)));
}

/** What is known of the last axis behind a layer, if that is known of the last axis before it. */
function lastFactsBehind(
  network: Network,
  values: ValuesExact,
  sites: readonly Site[],
  site: Site,
  last: readonly UnitFact[],
): readonly UnitFact[] {
  const { site: from, output } = site.inputs[0]!;
  const { name } = sites[from]!.node;
  const shape = network.shapes.get(name)![output]!;
  const given = network.shapes.get(name)!.map(unknownFacts);
  given[output] = lastAxisFacts(shape, last);
  return factsAt(network, values, 'inference', site, new Map([[name, given]]))[0]!.at(-1)!;
}
