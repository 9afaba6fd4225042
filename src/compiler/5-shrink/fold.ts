import { activations } from '../../activations/index.js';
import type { Dim, Unit } from '../../ir/dims.js';
import type { Axis, Network } from '../../ir/graph.js';
import type { Call } from '../../ir/kind.js';
import { axisExtent } from '../../ir/graph.js';
import { sizeOf } from '../../program/program.js';
import { stridesOf } from '../../program/shapes.js';
import { paramShape } from '../3-dims/index.js';
import type { Link, Site } from './links.js';
import type { Liveness } from './liveness.js';
import type { FoldedInside } from '../../layers/layer.js';
import { aboveBorder, isZero } from './borders.js';
import { carrierAt } from './carriers.js';
import { type Facts, insideAt, stepOf } from './facts.js';
import { wholeStep } from './resize.js';
import type { ValuesExact } from './values.js';

/** Constants that went into the weights of one reader. */
export interface Folded {
  readonly reader: string;
  /** The bias that took them; the moving mean of the batch norm behind a reader without one; the kernel, where one unit stands for others. */
  readonly param: string;
  readonly constants: readonly { readonly layer: string; readonly index: number; readonly value: number }[];
  /** The reader had no bias and got one. */
  readonly added: boolean;
  /** The unit that stands for the others at a reader that adds zeros beside them: its weights took theirs. */
  readonly carrier?: { readonly layer: string; readonly index: number };
}

/** What folding changed, in float64. */
export interface Folding {
  readonly exact: Map<string, Float64Array>;
  readonly folded: Folded[];
  /** The axes of biases that the network had not. */
  readonly added: Map<string, readonly Axis[]>;
}

export const NOTHING_FOLDED: Folding = { exact: new Map(), folded: [], added: new Map() };

/** Adds c · W of every constant that goes to its readers' bias, or to the weights of the unit that stands for it, in float64. */
export function fold(
  network: Network,
  values: ValuesExact,
  live: Liveness,
  removed: ReadonlySet<Unit>,
  before: Folding = NOTHING_FOLDED,
): Folding {
  const exact = new Map(before.exact);
  const folded = [...before.folded];
  const added = new Map(before.added);
  const { dims } = network;
  const copyOf = (name: string, size: number): Float64Array => {
    let data = exact.get(name);
    if (!data) exact.set(name, (data = Float64Array.from(values.get(name) ?? new Float64Array(size))));
    return data;
  };
  const done = new Set<string>();
  for (const site of live.sites) {
    // Layers that share parameters read equal constants, and these go in once.
    if (site.calls[0] !== site.index) continue;
    for (const link of site.links) {
      const key = JSON.stringify([link.param.name, link.readAxis]);
      if (done.has(key)) continue;
      done.add(key);
      const rows = link.reads.flatMap((unit, row) => {
        const constant = removed.has(unit) ? live.constantRead(site, link, row) : undefined;
        return constant === undefined || isZero(constant) ? [] : [{ row, unit, constant, layer: dims.origin(unit) }];
      });
      if (rows.length === 0) continue;
      const reaches = new Set(
        rows.filter(
          ({ row }) => link.writes?.some((unit, column) => !removed.has(unit) && link.live(row, column)) ?? true,
        ),
      );
      const told = (some: typeof rows) =>
        some.flatMap((one) => (reaches.has(one) ? [{ ...one.layer, value: one.constant.inside }] : []));
      /** What is the same at all places, by row. */
      const amounts = new Map<number, number>();
      const flat = rows.filter(({ constant }) => constant.region === undefined);
      for (const { row, constant } of flat) amounts.set(row, constant.inside);
      const steep = rows.filter((one) => one.constant.region !== undefined && reaches.has(one));
      for (const region of new Set(steep.map(({ constant }) => constant.region!))) {
        const some = steep.filter(({ constant }) => constant.region === region);
        const carrier = live.carriers.get(carrierAt(site, region));
        if (!carrier) {
          // Where a reader folds nothing, a constant goes only if no unit reads it whose value matters.
          refuseWanted(
            live,
            site,
            link,
            some.map(({ row }) => row),
          );
          continue;
        }
        const kernel = copyOf(link.param.name, 0);
        const data = values.get(link.param.name)!;
        const own = live.constantRead(site, link, carrier.row)!;
        const places = rowPlaces(link, carrier.row);
        for (const { row, constant } of some) {
          const share = aboveBorder(constant) / aboveBorder(own);
          rowPlaces(link, row).forEach((place, k) => {
            kernel[places[k]!]! += share * data[place]!;
          });
          if (constant.border !== share * own.border) amounts.set(row, constant.border - share * own.border);
        }
        const { name } = link.param;
        const standsFor = dims.origin(carrier.unit);
        folded.push({ reader: site.node.name, param: name, constants: told(some), added: false, carrier: standsFor });
      }
      if (amounts.size === 0) continue;
      if (link.bias === undefined) {
        refuseWanted(live, site, link, [...amounts.keys()]);
        continue;
      }
      const target = biasOf(network, live.sites, site, link);
      const bias = copyOf(target.name, sizeOf(target.axes.map(axisExtent)));
      const places = rowsInto(network, link, target.axes);
      const weights = values.get(link.param.name)!;
      for (const [row, amount] of amounts) addRow(bias, weights, places, row, target.sign * amount);
      const constants = told(rows.filter(({ row }) => amounts.has(row)));
      if (constants.length === 0) continue;
      if (target.added) added.set(target.name, target.axes);
      folded.push({ reader: site.node.name, param: target.name, constants, added: target.added });
    }
    const inside = foldInside(network, values, live, removed, site);
    if (!inside) continue;
    const { name } = network.params.get(site.node.name)![inside.bias]!;
    const bias = copyOf(name, 0);
    for (let k = 0; k < bias.length; k++) bias[k]! += inside.amounts[k]!;
    const parts = inside.constants.map(({ part, position, value }) => ({
      ...dims.origin(site.parts.get(part)![position]!),
      value,
    }));
    if (parts.length > 0) folded.push({ reader: site.node.name, param: name, constants: parts, added: false });
  }
  return { exact, folded, added };
}

/** A reader that can hold none of these constants must not need them. */
function refuseWanted(live: Liveness, site: Site, link: Link, rows: readonly number[]): void {
  const columns = link.writes?.flatMap((unit, k) => (live.wants(site, unit) ? [k] : [])) ?? [0];
  if (live.living(site) && rows.some((row) => columns.some((column) => link.live(row, column))))
    throw new Error(`${site.node.name} was given a constant to fold`);
}

/** What a layer's own bias takes for its units inside that go. */
function foldInside(
  network: Network,
  values: ValuesExact,
  live: Liveness,
  removed: ReadonlySet<Unit>,
  { node, kind, parts }: Site,
): FoldedInside | undefined {
  const gone = (part: string, position: number) => removed.has(parts.get(part)![position]!);
  if (!kind.foldsInside || ![...parts.values()].flat().some((unit) => removed.has(unit))) return undefined;
  return kind.foldsInside(node.arguments, { ...stepOf(network, values, 'inference', node, live.facts), gone });
}

/**
 * Adds to the biases, or moving means, of all readers of a sum what one of its inputs adds to each unit of it, so that the input can go. False, and nothing
 * done, where a reader cannot take it.
 */
export function takeShift(
  network: Network,
  values: ValuesExact,
  sites: readonly Site[],
  sum: Site,
  shift: ReadonlyMap<Unit, number>,
  facts: Facts,
  into: Folding,
): boolean {
  if (network.graph.outputs.some(({ node }) => node === sum.node.name)) return false;
  const takes: (() => void)[] = [];
  const constants = [...shift].flatMap(([unit, value]) =>
    value === 0 ? [] : [{ ...network.dims.origin(unit), value }],
  );
  const copyOf = (name: string): Float64Array => {
    let data = into.exact.get(name);
    if (!data) into.exact.set(name, (data = Float64Array.from(values.get(name)!)));
    return data;
  };
  for (const reader of sites) {
    if (!reader.inputs.some((input) => input.site === sum.index)) continue;
    if (reader.inputs.length > 1 || reader.calls.length > 1) return false;
    const own = network.params.get(reader.node.name) ?? {};
    const tensor = reader.kind.subtracts?.(reader.node.arguments);
    const mean = tensor === undefined ? undefined : own[tensor];
    const covers = (units: readonly Unit[]) => units.length === shift.size && units.every((unit) => shift.has(unit));
    if (mean) {
      const units = mean.axes[0]!.dim.units.map((unit) => network.dims.find(unit));
      if (!covers(units)) return false;
      takes.push(() => {
        const data = copyOf(mean.name);
        units.forEach((unit, k) => {
          data[k]! -= shift.get(unit)!;
        });
        into.folded.push({ reader: reader.node.name, param: mean.name, constants, added: false });
      });
      continue;
    }
    const links = reader.links.filter((link) => !link.own);
    // A parameter of which the layer tells by itself what it reads does not read the sum as it is.
    const { reads: told = {} } = insideAt(network, values, reader, facts) ?? {};
    const isTaken = (link: Link) =>
      link.bias !== undefined && own[link.bias] && !told[link.param.tensor] && covers(link.reads);
    if (links.length === 0 || !links.every(isTaken)) return false;
    for (const link of links)
      takes.push(() => {
        const bias = own[link.bias!]!;
        const data = copyOf(bias.name);
        const weights = values.get(link.param.name)!;
        const places = rowsInto(network, link, bias.axes);
        link.reads.forEach((unit, row) => {
          addRow(data, weights, places, row, shift.get(unit)!);
        });
        into.folded.push({ reader: reader.node.name, param: bias.name, constants, added: false });
      });
  }
  for (const take of takes) take();
  return true;
}

interface Target {
  readonly name: string;
  readonly axes: readonly Axis[];
  readonly added: boolean;
  /** A moving mean is subtracted. */
  readonly sign: 1 | -1;
}

/** What takes a reader's constants: its bias, the moving mean of the batch norm that alone reads it, or a bias that it gets. */
function biasOf(network: Network, sites: readonly Site[], site: Site, link: Link): Target {
  const { node, kind } = site;
  const tensor = link.bias!;
  const own = network.params.get(node.name)![tensor];
  if (own) return { name: own.name, axes: own.axes, added: false, sign: 1 };
  const mean = meanBehind(network, sites, site);
  if (mean) return { name: mean.name, axes: mean.axes, added: false, sign: -1 };
  const step = wholeStep(network, node, true);
  const args = { ...node.arguments, ...kind.resize?.(node.arguments as never, step) };
  const inputs = node.inputs.map((from) => network.shapes.get(from.node)![from.output]!);
  const parts = (size: number, part: string): Dim => {
    const dim = Object.values(network.params.get(node.name)!)
      .flatMap((param) => param.axes.flatMap(({ dim, blocks }) => (blocks ? [dim, blocks] : [dim])))
      .find(({ units }) => network.dims.origin(units[0]!).layer === `${link.param.layer}.${part}`);
    if (dim?.units.length !== size) throw new Error(`${node.name} has no ${size} units ${part}`);
    return dim;
  };
  const declared = kind.params!(args as never, inputs, network.shapes.get(node.name)!, {
    name: node.name,
    dims: network.dims,
    fresh: parts,
  })[tensor];
  if (!declared) throw new Error(`${node.name} gets no ${tensor}`);
  return { name: `${link.param.layer}.${tensor}`, axes: declared.axes, added: true, sign: 1 };
}

/** The moving mean that is subtracted from what a layer writes before anything else happens to it. */
function meanBehind(network: Network, sites: readonly Site[], site: Site) {
  const { node } = site;
  const activation = node.arguments.activation as Call | undefined;
  if (activation && activation.word !== activations.linear.keyword) return undefined;
  if (site.calls.length > 1 || network.graph.outputs.some((output) => output.node === node.name)) return undefined;
  const readers = sites.filter((one) => one.inputs.some((input) => input.site === site.index));
  const [reader] = readers;
  if (readers.length !== 1 || !reader || reader.calls.length > 1 || reader.inputs.length !== 1) return undefined;
  const tensor = reader.kind.subtracts?.(reader.node.arguments);
  const param = tensor === undefined ? undefined : network.params.get(reader.node.name)![tensor];
  const [axis] = param?.axes ?? [];
  const written = site.outputs[0]?.at(-1);
  const same =
    param?.axes.length === 1 &&
    axis?.dim.units.length === written?.length &&
    axis?.dim.units.every((unit, k) => network.dims.find(unit) === written![k]);
  return same ? param : undefined;
}

/** Where the weights of one row are, and the places in the bias that they add to. */
interface RowPlaces {
  readonly places: Int32Array;
  readonly into: Int32Array;
  /** How much further the first weight of a row is, and the places in the bias. */
  offset(row: number): { readonly place: number; readonly into: number };
}

/** Where the weights of a row are and go: bias axes are the parameter's axes of the same units, what its other axes hold is added up. */
function rowsInto({ dims }: Network, { param, readAxis, writeAxis }: Link, bias: readonly Axis[]): RowPlaces {
  const { axes } = param;
  const shape = paramShape(param);
  const strides = stridesOf(shape);
  const biasStrides = stridesOf(bias.map(axisExtent));
  const key = ({ dim }: Axis) => `${dims.find(dim.units[0]!)}:${dim.units.length}`;
  const at = axes.map((axis, k) =>
    k === readAxis ? 0 : (biasStrides[bias.findIndex((one) => key(one) === key(axis))] ?? 0),
  );
  const matched = bias.filter((one) => axes.some((axis, k) => k !== readAxis && key(one) === key(axis)));
  if (matched.length !== bias.length) throw new Error(`the bias of ${param.name} has axes that it has not`);
  const { groups = 1 } = axes[readAxis]!;
  let places = new Int32Array(1);
  let into = new Int32Array(1);
  shape.forEach((whole, axis) => {
    if (axis === readAxis) return;
    const extent = axis === writeAxis ? whole / groups : whole;
    const [next, nextInto] = [new Int32Array(places.length * extent), new Int32Array(places.length * extent)];
    for (let k = 0; k < places.length; k++)
      for (let j = 0; j < extent; j++) {
        next[k * extent + j] = places[k]! + j * strides[axis]!;
        nextInto[k * extent + j] = into[k]! + j * at[axis]!;
      }
    places = next;
    into = nextInto;
  });
  const rows = shape[readAxis]!;
  const columns = writeAxis === undefined ? 0 : shape[writeAxis]! / groups;
  return {
    places,
    into,
    offset: (row) => {
      const first = Math.floor(row / rows) * columns;
      return {
        place: (row % rows) * strides[readAxis]! + (writeAxis === undefined ? 0 : first * strides[writeAxis]!),
        into: writeAxis === undefined ? 0 : first * at[writeAxis]!,
      };
    },
  };
}

/** Adds the weights of one row, times an amount, to a bias. */
function addRow(bias: Float64Array, weights: ArrayLike<number>, rows: RowPlaces, row: number, amount: number): void {
  const { places, into } = rows;
  const offset = rows.offset(row);
  for (let k = 0; k < places.length; k++) {
    const at = offset.into + into[k]!;
    bias[at] = bias[at]! + amount * weights[offset.place + places[k]!]!;
  }
}

/** The offsets of all weights of one row of a parameter that reads one block. */
function rowPlaces({ param, readAxis }: Link, row: number): readonly number[] {
  const shape = paramShape(param);
  const strides = stridesOf(shape);
  let places = [row * strides[readAxis]!];
  shape.forEach((extent, axis) => {
    if (axis === readAxis) return;
    places = places.flatMap((place) => Array.from({ length: extent }, (_, k) => place + k * strides[axis]!));
  });
  return places;
}
