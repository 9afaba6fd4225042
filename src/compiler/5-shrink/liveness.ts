import { looksAtAll } from '../../layers/layer.js';
import type { Unit } from '../../ir/dims.js';
import type { Network } from '../../ir/graph.js';
import { constantOf, type UnitFact } from '../../ir/units.js';
import type { InputRanges } from '../../ir/ranges.js';
import type { Inside } from '../../layers/layer.js';
import { type Carrier, chooseCarriers } from './carriers.js';
import { keepEqualBlocks, roundWidths } from './counts.js';
import { borderedReads, everywhereSame, isZero, type ReadConstant } from './borders.js';
import { constantsOf, type Facts, insideFacts, meet, meetInside, unitFacts } from './facts.js';
import { type Link, type Site, sitesOf } from './links.js';
import { inferenceFacts } from './ranges.js';
import { follow, isSame, MarkedUnits, type UnitSet } from './unit-sets.js';
import type { ValuesExact } from './values.js';

/** Whose facts count: inference for the final network; both modes while training goes on. */
export type Modes = 'inference' | 'both';

/** Why a unit stays that no living unit reads, or that is constant: a layer, and its reason. */
export interface Pin {
  readonly layer: string;
  readonly reason: string;
}

export interface LivenessOptions {
  readonly modes?: Modes;
  /** Whether a layer may take constants into a bias. Default: all that can. */
  readonly folds?: (layer: string, bias: string) => boolean;
  /** Widths are kept at multiples of this number, where they were at least that wide. Default 1. */
  readonly roundTo?: number;
  /** Facts of inference may rest on these ranges of the inputs, too. Absent: they hold for all rows. */
  readonly ranges?: InputRanges;
}

/** The result of both fixpoints. Units are representatives (`Dims.find`). */
export interface Liveness {
  readonly sites: readonly Site[];
  readonly facts: Facts;
  readonly needed: UnitSet;
  /** Units that are needed only because a layer pins them, and constant ones that a layer which mixes them takes in. */
  readonly pins: ReadonlyMap<Unit, Pin>;
  /** Units that stay to hold the weights of other constant ones, by the places of the layers that read them. */
  readonly carriers: ReadonlyMap<string, Carrier>;
  /** The constant that a link reads in a row; undefined if that varies. */
  constantRead(site: Site, link: Link, row: number): ReadConstant | undefined;
  /** Whether the value of a unit at the outputs of a layer, or inside of it, matters. */
  wants(site: Site, unit: Unit): boolean;
  /** Whether anything that a layer computes matters. */
  living(site: Site): boolean;
}

/**
 * Which units a network needs, and what is known of them. Both fixpoints are least: two units that feed only each other are not needed.
 *
 * Need is told apart by layer: where an output unit of a layer is constant whatever one of its inputs holds (batch norm with γ = 0, a product with 0), it
 * needs nothing of that input, though the unit itself may be needed elsewhere. Each pair of units that a weight joins is looked at once. `known`: what was found
 * before of this network and these values.
 */
export function liveness(
  network: Network,
  values: ValuesExact,
  options: LivenessOptions = {},
  known?: { readonly sites: readonly Site[]; readonly facts: Facts },
): Liveness {
  const { modes = 'inference', folds = () => true, roundTo = 1, ranges } = options;
  const sites = known?.sites ?? sitesOf(network, values);
  const inference = known?.facts ?? inferenceFacts(network, values, sites, ranges);
  let facts = inference;
  let inside = insideFacts(network, values, 'inference', sites, inference, folds);
  if (modes === 'both') {
    const training = unitFacts(network, values, 'training', sites);
    inside = meetInside(inside, insideFacts(network, values, 'training', sites, training, folds));
    facts = meet(inference, training);
  }
  const need = new Need(network, sites, facts, inside, {
    folds,
    gathers: modes === 'inference',
    bordered: (site, below) => borderedReads(network, values, sites, facts, site, below),
  });
  for (const { node, output } of network.graph.outputs) need.wantAll(need.siteOf(node), output);
  need.settle();
  // Pins come second, so that only the units that would have gone are reported with a reason.
  for (let before = -1; before !== need.count; ) {
    before = need.count;
    // Backwards, since a layer lives by what those that read it hold.
    for (const site of [...sites].reverse()) need.pinAt(site);
    need.keepTies();
    need.settle();
    if (need.count !== before) continue;
    chooseCarriers(need);
    keepEqualBlocks(network, values, need);
    need.settle();
    if (need.count !== before) continue;
    if (roundTo > 1) roundWidths(network, values, need, roundTo);
    need.keepOneInput();
    need.keepOneInside();
    need.keepRead();
    need.keepComponents();
    need.keepConstants();
    need.settle();
  }
  need.pinConstants();
  return {
    sites,
    facts,
    needed: need.needed,
    pins: need.pins,
    carriers: need.carriers,
    constantRead: (site, link, row) => need.constantRead(site, link, row),
    wants: (site, unit) => need.wants(site, unit),
    living: (site) => need.living(site),
  };
}

/** What goes backwards: which units are needed, and at which layers. */
export class Need {
  readonly needed: MarkedUnits;
  readonly pins = new Map<Unit, Pin>();
  /** By the layer that reads them and their region, see `carrierAt`. */
  readonly carriers = new Map<string, Carrier>();
  private readonly places: ReadonlyMap<string, number>;
  /** By layer: the units whose value at its outputs, or inside of it, matters. */
  private readonly wanted: readonly MarkedUnits[];
  /** By layer: wanted units that were not looked at. */
  private readonly fresh: Unit[][];
  /** By layer and link: rows that may still become needed. */
  private readonly rows = new Map<Link, number[]>();
  private readonly absorbed = new Map<Link, { readonly site: Site; readonly rows: readonly number[] }>();
  private readonly columns = new Map<Link, UnitPlaces>();
  private readonly makers = new Map<Unit, number[]>();
  private readonly inputUnits: (UnitPlaces | undefined)[];
  private readonly inputConstants: (ReadonlyMap<Unit, number> | undefined)[];
  private readonly outputConstants: (ReadonlyMap<Unit, number> | undefined)[];
  private readonly borders: (readonly (ReadConstant | undefined)[] | undefined)[];
  private readonly same = new Map<readonly Unit[], Map<readonly Unit[], boolean>>();
  private readonly begun: Uint8Array;
  /** By layer: whether it is known to be living. */
  private readonly alive: Uint8Array;
  private dirty: number;
  private readonly anyPads: boolean;
  private readonly blocks: (ReadonlyMap<Unit, readonly Unit[]> | undefined)[] = [];
  /** By layer: the units that it holds on to whatever else goes, with the reasons. */
  private readonly held: (readonly (readonly [Unit, string])[] | undefined)[] = [];
  private wantedCount = 0;

  constructor(
    private readonly network: Network,
    readonly sites: readonly Site[],
    readonly facts: Facts,
    private readonly inside: ReadonlyMap<string, Inside>,
    private readonly rules: {
      readonly folds: (layer: string, bias: string) => boolean;
      readonly gathers: boolean;
      readonly bordered: (site: Site, isPadded: boolean) => readonly (ReadConstant | undefined)[];
    },
  ) {
    this.places = new Map(sites.map((site) => [site.node.name, site.index]));
    this.needed = new MarkedUnits(0, network.dims.size);
    this.wanted = sites.map(({ outputs, parts }) => MarkedUnits.near([...outputs.flat(), ...parts.values()]));
    this.fresh = sites.map(() => []);
    this.inputUnits = new Array(sites.length).fill(undefined);
    this.inputConstants = new Array(sites.length).fill(undefined);
    this.outputConstants = new Array(sites.length).fill(undefined);
    this.borders = new Array(sites.length).fill(undefined);
    this.begun = new Uint8Array(sites.length);
    this.alive = new Uint8Array(sites.length);
    this.dirty = -1;
    this.anyPads = sites.some(({ kind, node }) => kind.pads?.(node.arguments));
  }

  /** How much was found to be needed so far. */
  get count(): number {
    return this.needed.size + this.wantedCount;
  }

  has(layer: string): boolean {
    return this.places.has(layer);
  }

  siteOf(name: string): Site {
    return this.sites[this.places.get(name)!]!;
  }

  /** Whether anything that a layer computes matters: some unit on every axis of an output does. */
  living(site: Site): boolean {
    const { index, outputs } = site;
    if (this.alive[index] === 1) return true;
    const wanted = this.wanted[index]!;
    if (wanted.size === 0 || !outputs.some((axes) => axes.every((axis) => axis.some((unit) => wanted.has(unit)))))
      return false;
    this.alive[index] = 1;
    return true;
  }

  wants(site: Site, unit: Unit): boolean {
    return this.wanted[site.index]!.has(unit);
  }

  /** The value of a unit at the outputs of a layer, or inside of it, matters. */
  want(site: Site, unit: Unit): void {
    const wanted = this.wanted[site.index]!;
    if (!wanted.add(unit)) return;
    this.wantedCount++;
    this.needed.add(unit);
    this.fresh[site.index]!.push(unit);
    this.dirty = Math.max(this.dirty, site.index);
  }

  wantAll(site: Site, output: number): void {
    for (const unit of site.outputs[output]!.flat()) this.want(site, unit);
  }

  /** A unit stays wherever it is made; the layers that read it go on as they are. */
  keep(unit: Unit, pin: Pin): void {
    if (this.needed.has(unit)) return;
    this.pins.set(unit, pin);
    for (const index of this.placesOf(unit)) this.want(this.sites[index]!, unit);
    this.needed.add(unit);
  }

  /** The layers that have a unit in an output, or inside. */
  private placesOf(unit: Unit): readonly number[] {
    if (this.makers.size === 0)
      for (const { index, outputs, parts } of this.sites)
        for (const one of new Set([...outputs.flat(2), ...[...parts.values()].flat()])) {
          const at = this.makers.get(one);
          if (at) at.push(index);
          else this.makers.set(one, [index]);
        }
    return this.makers.get(unit) ?? [];
  }

  /** Runs backwards over the layers until nothing more is needed. */
  settle(): void {
    while (this.dirty >= 0) {
      const from = this.dirty;
      this.dirty = -1;
      for (let index = from; index >= 0; index--)
        while (this.fresh[index]!.length > 0) this.propagate(this.sites[index]!, this.fresh[index]!.splice(0));
    }
  }

  /** What the newly wanted units of a layer need: what they read through a weight that is not 0, are made of, or are. */
  private propagate(site: Site, units: readonly Unit[]): void {
    const first = this.begun[site.index] === 0;
    this.begun[site.index] = 1;
    for (const link of site.links) {
      let columns: number[];
      if (!link.writes) {
        if (!first) continue;
        columns = [0];
      } else columns = units.flatMap((unit) => this.columnsOf(link).get(unit) ?? []);
      if (columns.length > 0) this.readThrough(site, link, columns);
    }
    for (const unit of units) {
      for (const part of site.components.get(unit) ?? []) this.wantInput(site, part, unit);
      if (!site.weighted.has(unit)) this.wantInput(site, unit, unit);
    }
    const { serves } = this.inside.get(site.node.name) ?? {};
    if (serves) {
      const fresh = new Set(units);
      for (const { units: served, by } of serves) {
        const readers = site.parts.get(by.part)!;
        if (!by.positions.some((position) => fresh.has(readers[position]!))) continue;
        const own = site.parts.get(served.part)!;
        for (const position of served.positions) this.want(site, own[position]!);
      }
    }
    if (first) this.wantParts(site);
  }

  /** Units inside of a layer that nothing is told of are needed with it. */
  private wantParts(site: Site): void {
    const served = new Set(this.inside.get(site.node.name)?.serves?.map(({ units }) => units.part));
    for (const [part, units] of site.parts) {
      if (served.has(part)) continue;
      for (const unit of units) if (!site.weighted.has(unit)) this.want(site, unit);
    }
  }

  private readThrough(site: Site, link: Link, columns: readonly number[]): void {
    let rows = this.rows.get(link);
    if (!rows) {
      rows = [];
      const absorbed: number[] = [];
      for (let row = 0; row < link.reads.length; row++) (this.absorbs(site, link, row) ? absorbed : rows).push(row);
      if (absorbed.length > 0) this.absorbed.set(link, { site, rows: absorbed });
    }
    const left = rows.filter((row) => {
      if (!columns.some((column) => link.live(row, column))) return true;
      this.wantRow(site, link, row);
      return false;
    });
    this.rows.set(link, left);
  }

  /** What a layer takes as a constant that stays for others must go on being that constant. */
  keepConstants(): void {
    for (const [link, { site, rows }] of this.absorbed)
      for (const row of rows) if (this.needed.has(link.reads[row]!)) this.wantRow(site, link, row);
  }

  /** A layer needs what a weight reads. */
  private wantRow(site: Site, link: Link, row: number): void {
    if (link.own) this.want(site, link.reads[row]!);
    else this.wantInput(site, link.reads[row]!);
  }

  /** A layer needs a unit of its inputs, or of itself: by a weight, or for its own unit `of`, which is constant perhaps whatever this one is. */
  private wantInput(site: Site, unit: Unit, of?: Unit): void {
    const from = this.inputsWith(site).get(unit);
    if (!from) {
      if (of === undefined || of !== unit) this.want(site, unit);
      return;
    }
    const settled = of !== undefined && this.constantsAfter(site).has(of);
    for (const input of from) {
      const source = this.sites[site.inputs[input]!.site]!;
      if (settled && !this.constantsAfter(source).has(unit)) continue;
      this.want(source, unit);
    }
  }

  /** By unit, the inputs of a layer that have it. */
  private inputsWith(site: Site): UnitPlaces {
    return (this.inputUnits[site.index] ??= placesIn(
      site.inputs.map(({ axes }) => axes),
      (input) => input,
    ));
  }

  private columnsOf(link: Link): UnitPlaces {
    let columns = this.columns.get(link);
    if (!columns) this.columns.set(link, (columns = placesIn([[link.writes!]], (_, column) => column)));
    return columns;
  }

  /** What is constant wherever a layer reads it. */
  constantsBefore(site: Site): ReadonlyMap<Unit, number> {
    return (this.inputConstants[site.index] ??= constantsOf(
      site.inputs.map(({ site: from, output, axes }) => ({
        axes,
        facts: this.facts.get(this.sites[from]!.node.name)![output]!,
      })),
    ));
  }

  /** What is constant at all outputs of a layer. */
  constantsAfter(site: Site): ReadonlyMap<Unit, number> {
    return (this.outputConstants[site.index] ??= constantsOf(
      site.outputs.map((axes, output) => ({ axes, facts: this.facts.get(site.node.name)![output]! })),
    ));
  }

  /** The constant that a link reads in a row; undefined if that varies. */
  constantRead(site: Site, link: Link, row: number): ReadConstant | undefined {
    const told = this.inside.get(site.node.name)?.reads?.[link.param.tensor];
    if (told) return everywhereSame(constantOf(told[row]!));
    const unit = link.reads[row]!;
    if (link.own) return everywhereSame(this.constantsAfter(site).get(unit));
    const inPlace = this.factsInPlace(site, link);
    if (!inPlace) return everywhereSame(this.constantsBefore(site).get(unit));
    const constant = constantOf(inPlace[row]!);
    if (constant === 0 || !this.rules.gathers) return everywhereSame(constant);
    if (constant !== undefined && !isPadded(site, link)) return everywhereSame(constant);
    return this.bordered(site, link)[row];
  }

  /** What a layer reads of constants with zeros beside them, by place; empty where there are none. */
  private bordered(site: Site, link: Link): readonly (ReadConstant | undefined)[] {
    const own = isPadded(site, link);
    if (!own && !this.anyPads) return [];
    return (this.borders[site.index] ??= this.rules.bordered(site, own));
  }

  /**
   * What is known of each place that a link reads, where these are the last axis of the layer's one input: a unit that stands there several times, as in a
   * concatenation of a product and a difference of the same units, may be another constant at each.
   */
  private factsInPlace({ inputs }: Site, { reads }: Link): readonly UnitFact[] | undefined {
    const [source] = inputs;
    const last = source?.axes.at(-1);
    if (!source || !last || inputs.length > 1) return undefined;
    const known = this.facts.get(this.sites[source.site]!.node.name)![source.output]!.at(-1)!;
    return this.isSame(last, reads) ? known : undefined;
  }

  private isSame(a: readonly Unit[], b: readonly Unit[]): boolean {
    if (a === b) return true;
    let known = this.same.get(a);
    if (!known) this.same.set(a, (known = new Map()));
    let same = known.get(b);
    if (same === undefined) known.set(b, (same = isSame(a, b)));
    return same;
  }

  /** Whether a layer that reads a unit through weights can do without it: it is 0 there, or a constant that the layer takes into its bias or another unit carries. */
  private absorbs(site: Site, link: Link, row: number): boolean {
    const constant = this.constantRead(site, link, row);
    if (constant === undefined) return false;
    if (isZero(constant)) return true;
    // One bias and one kernel serve all calls of a layer that is used several times.
    const everywhere = site.calls.every((index) => {
      const call = this.sites[index]!;
      if (call === site) return true;
      const other = this.constantRead(call, call.links[site.links.indexOf(link)]!, row);
      return other?.inside === constant.inside && other.border === constant.border && other.region === constant.region;
    });
    if (!everywhere) return false;
    if (constant.region !== undefined && !this.gathers(site, link)) return false;
    // What is left at the border is the same everywhere.
    return constant.border === 0 || (link.bias !== undefined && this.rules.folds(site.node.name, link.bias));
  }

  /** Whether the weights of several constant units with zeros beside them may be gathered in one of them. */
  gathers(site: Site, link: Link): boolean {
    const { node, kind, calls, links } = site;
    if (!this.rules.gathers || link.own || link.param.tensor !== 'kernel') return false;
    if (this.bordered(site, link).length === 0) return false;
    // Sums of weighted inputs: zeros beside these are zeros for all of them.
    const { groups = 1 } = link.param.axes[link.readAxis]!;
    const adds = link.bias !== undefined || (kind.gathers?.(node.arguments) ?? false);
    const told = this.inside.get(node.name)?.reads?.[link.param.tensor];
    return adds && groups === 1 && calls.length === 1 && !told && links.filter(({ own }) => !own).length === 1;
  }

  /** Units that a layer holds on to though nothing reads them, with its reasons. */
  pinAt(site: Site): void {
    if (!this.living(site)) return;
    const { node, kind } = site;
    const layer = node.name;
    for (const [unit, reason] of (this.held[site.index] ??= this.heldAlways(site)))
      this.hold(site, unit, { layer, reason });
    // What the shape rule said of a unit tells more than what holds for the kind of layer.
    const hold = (unit: Unit, reason: string) =>
      this.hold(site, unit, { layer, reason: this.network.dims.pinOf(unit) ?? reason });
    for (const block of new Set(this.blocksOf(site).values()))
      if (block.some((unit) => this.needed.has(unit))) for (const unit of block) hold(unit, mixes(site));
    if (site.components.size === 0) return;
    // A unit made of others goes with any of them, without an argument that says so.
    const isWhole = (unit: Unit) => site.components.get(unit)?.every((part) => this.needed.has(part)) ?? false;
    for (const unit of site.together) if (isWhole(unit)) hold(unit, noArgument(site));
    if (kind.resize) return;
    site.outputs.forEach((shape, k) => {
      if (site.makes[k]) for (const unit of shape.at(-1) ?? []) if (isWhole(unit)) hold(unit, noArgument(site));
    });
  }

  /** A constant that no bias can hold, since a layer mixes it with what varies, is told of by the first that does. */
  pinConstants(): void {
    const constants = new Set(this.sites.flatMap((site) => [...this.constantsAfter(site).keys()]));
    // What an output gives is told of as a constant output.
    for (const { node, output } of this.network.graph.outputs)
      for (const unit of this.siteOf(node).outputs[output]!.flat()) constants.delete(unit);
    if (constants.size === 0) return;
    for (const site of this.sites) {
      if (!this.living(site)) continue;
      const layer = site.node.name;
      const tell = (unit: Unit, reason: string) => {
        if (constants.has(unit) && this.needed.has(unit) && !this.pins.has(unit))
          this.pins.set(unit, { layer, reason });
      };
      for (const [unit, reason] of (this.held[site.index] ??= this.heldAlways(site))) tell(unit, reason);
      for (const unit of this.blocksOf(site).keys()) tell(unit, this.network.dims.pinOf(unit) ?? mixes(site));
    }
  }

  private heldAlways(site: Site): readonly (readonly [Unit, string])[] {
    const { dims } = this.network;
    const held: (readonly [Unit, string])[] = [];
    const hold = (unit: Unit, reason: string) => held.push([unit, dims.pinOf(unit) ?? reason]);
    const blocks = this.blocksOf(site);
    const parts = new Set([...site.components.values()].flat());
    const apart = (unit: Unit) => site.unitwise.has(unit) || blocks.has(unit);
    for (const { axes } of site.inputs)
      for (const axis of axes)
        for (const unit of axis)
          if (!site.weighted.has(unit) && !apart(unit) && !parts.has(unit)) hold(unit, mixes(site));
    for (const shape of site.outputs)
      for (const axis of shape) for (const unit of axis) if (!apart(unit)) hold(unit, mixes(site));
    for (const unit of site.fixed) hold(unit, noArgument(site));
    site.outputs.forEach((shape, k) => {
      if (!site.makes[k] || site.kind.resize) return;
      for (const unit of shape.at(-1) ?? []) if (!site.components.has(unit)) hold(unit, noArgument(site));
    });
    // Also units inside, and numbers that units are made of, beside those of the inputs.
    const inside = [...parts, ...[...site.parts.values()].flat()];
    for (const axis of [inside, ...site.inputs.flatMap(({ axes }) => axes), ...site.outputs.flat()])
      for (const unit of axis) {
        const reason = dims.pinOf(unit);
        if (reason !== undefined) hold(unit, reason);
      }
    return held;
  }

  private blocksOf(site: Site): ReadonlyMap<Unit, readonly Unit[]> {
    return (this.blocks[site.index] ??= blocksMixed(this.network, site));
  }

  /** A layer needs a unit of its inputs or outputs as it is. Of several layers that do the first one tells. */
  hold(site: Site, unit: Unit, pin: Pin): void {
    const told = this.pins.get(unit);
    if (told ? site.index < this.places.get(told.layer)! : !this.needed.has(unit)) this.pins.set(unit, pin);
    const from = this.inputsWith(site).get(unit);
    for (const input of from ?? []) this.want(this.sites[site.inputs[input]!.site]!, unit);
    if (!from) this.want(site, unit);
  }

  /** Units that go together stay together. */
  keepTies(): void {
    const { dims } = this.network;
    for (const tie of dims.allTies) {
      const units = tie.map((unit) => dims.find(unit));
      if (!units.some((unit) => this.needed.has(unit))) continue;
      const layer = dims.origin(tie[0]!).layer;
      // A layer that is not there any more ties nothing.
      if (!this.has(layer)) continue;
      for (const unit of units)
        this.keep(unit, {
          layer,
          reason: `${layer} joins it and units that are needed into one channel, so they stay or go together`,
        });
    }
  }

  /** A layer whose output a living one takes in goes on with it, though no value of it matters there: in a product with 0, say. */
  keepRead(): void {
    for (const site of [...this.sites].reverse()) {
      if (!this.living(site)) continue;
      for (const { site: from, output } of site.inputs) {
        const source = this.sites[from]!;
        if (this.living(source)) continue;
        const axes = source.outputs[output]!;
        if (!axes.every((axis) => axis.some((unit) => this.needed.has(unit)))) continue;
        for (const unit of axes.flat()) if (this.needed.has(unit)) this.want(source, unit);
      }
    }
  }

  /** A unit that stays keeps its place among the units that it is made of, though its value matters to none. */
  keepComponents(): void {
    for (const site of this.sites) {
      if (!this.living(site)) continue;
      for (const [unit, parts] of site.components)
        if (this.needed.has(unit)) for (const part of parts) if (!this.needed.has(part)) this.wantInput(site, part);
    }
  }

  /** A layer that lives has at least one unit of everything that is inside of it: one head, say. */
  keepOneInside(): void {
    for (const site of this.sites) {
      if (!this.living(site)) continue;
      for (const units of site.parts.values())
        if (units[0] !== undefined && !units.some((unit) => this.needed.has(unit))) this.want(site, units[0]);
    }
  }

  /** A layer that lives reads something: what is left of an input of which every unit is constant is one unit. */
  keepOneInput(): void {
    for (const site of this.sites) {
      if (!this.living(site)) continue;
      for (const [input, { axes }] of site.inputs.entries())
        for (const axis of axes) {
          const [first] = axis;
          if (first === undefined || axis.some((unit) => this.needed.has(unit))) continue;
          if (site.kind.spares?.(site.node.arguments, input) === 'no units') continue;
          this.hold(site, first, { layer: site.node.name, reason: `${site.node.name} must read at least one unit` });
        }
    }
  }
}

function mixes({ kind, node }: Site): string {
  return kind.pinReason?.(node.arguments) ?? looksAtAll(kind.keyword);
}

function noArgument({ kind }: Site): string {
  return `a spec cannot write ${kind.keyword} with fewer of them: it has no argument for their number`;
}

/** Whether a layer itself puts zeros beside what a link reads. */
function isPadded({ kind, node }: Site, link: Link): boolean {
  return link.bias === undefined && (kind.gathers?.(node.arguments) ?? false);
}

/** Numbers by unit. */
interface UnitPlaces {
  get(unit: Unit): readonly number[] | undefined;
}

/** Every number once, as a list of one. */
const singles: (readonly [number])[] = [];

function single(number: number): readonly [number] {
  return (singles[number] ??= [number]);
}

/** Numbers by unit, of units that stand on axes: told by the tensor, or the place on the axis. */
function placesIn(
  tensors: readonly (readonly (readonly Unit[])[])[],
  told: (tensor: number, place: number) => number,
): UnitPlaces {
  const [axis] = tensors[0] ?? [];
  // Units that were made together follow each other: no table is needed.
  if (tensors.length === 1 && tensors[0]!.length === 1 && axis && follow(axis)) {
    const [first = 0] = axis;
    const { length } = axis;
    return { get: (unit) => (unit >= first && unit < first + length ? single(told(0, unit - first)) : undefined) };
  }
  const made = new Map<Unit, readonly number[]>();
  tensors.forEach((axes, tensor) => {
    for (const units of axes)
      units.forEach((unit, place) => {
        const number = told(tensor, place);
        const at = made.get(unit);
        if (!at) made.set(unit, single(number));
        else if (!at.includes(number)) made.set(unit, [...at, number]);
      });
  });
  return made;
}

/** By unit: the block of units that a layer mixes it with, where it says so. */
export function blocksMixed({ shapes, dims }: Network, { node, kind }: Site): ReadonlyMap<Unit, readonly Unit[]> {
  const blocks = new Map<Unit, readonly Unit[]>();
  if (!kind.mixesBlocks) return blocks;
  const inputs = node.inputs.map((from) => shapes.get(from.node)![from.output]!);
  for (const { dim, blocks: count } of kind.mixesBlocks(node.arguments, inputs, shapes.get(node.name)!)) {
    const size = dim.units.length / count;
    for (let start = 0; start < dim.units.length; start += size) {
      const block = dim.units.slice(start, start + size).map((unit) => dims.find(unit));
      for (const unit of block) blocks.set(unit, block);
    }
  }
  return blocks;
}
