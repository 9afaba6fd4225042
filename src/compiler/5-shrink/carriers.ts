import type { Unit } from '../../ir/dims.js';
import { aboveBorder, type ReadConstant } from './borders.js';
import type { Link, Site } from './links.js';
import type { Need } from './liveness.js';

/** The unit whose weights at a layer take up those of other constant units. */
export interface Carrier {
  readonly unit: Unit;
  /** Where the layer reads it: it may stand there several times. */
  readonly row: number;
}

/** A constant, and the row of the kernel that reads it. */
interface ReadRow {
  readonly row: number;
  readonly constant: ReadConstant;
}

/** A layer that reads constants next to zeros, and the units that it would lose. */
interface Reader {
  readonly site: Site;
  readonly link: Link;
  readonly region: number;
  /** Constants of the region, by unit: none is at its border what it is inside. */
  readonly constants: ReadonlyMap<Unit, ReadRow>;
  /** Of these, units that nothing else needs and that it reads through a weight that is not 0. */
  readonly going: readonly Unit[];
}

/**
 * Beside zeros, at the rim of a padded convolution, a constant c_i is not one that a bias can hold; but what all constant units give is what one of them, k, gives
 * with the weights W_k + Σ c_i / c_k · W_i. Where a function of single elements stands between the padding and the reader and the rim is b_i, other than 0, that holds of
 * c_i − b_i, and the reader's bias takes what is the same everywhere, b_i − (c_i − b_i) / (c_k − b_k) · b_k. Of the constant units that several such layers read the one stays whose smallest |c_k| over the layers is largest; one
 * that stays anyway comes first. Where none is other than 0 for all of them, all stay.
 */
export function chooseCarriers(need: Need): void {
  const readers = need.sites.flatMap((site) => (need.living(site) ? readersAt(need, site) : []));
  for (const family of families(readers)) {
    const known = family.flatMap(({ site, region }) => need.carriers.get(carrierAt(site, region))?.unit ?? []);
    const least = (unit: Unit) =>
      Math.min(...family.map((reader) => (canCarry(reader, unit) ? above(reader, unit) : 0)));
    const candidates = [...family[0]!.constants.keys()].filter((unit) => least(unit) > 0);
    const read = new Set(family.flatMap(({ going }) => going));
    const rank = (unit: Unit) => (known.includes(unit) ? 3 : need.needed.has(unit) ? 2 : read.has(unit) ? 1 : 0);
    const [carrier] = candidates.sort((a, b) => rank(b) - rank(a) || least(b) - least(a) || a - b);
    for (const { site, region, constants, going } of family) {
      const { name } = site.node;
      if (carrier === undefined) {
        const reason = `it is constant, but ${name} pads with zeros, so no bias can take its place at the border, and no other unit can`;
        for (const unit of going) need.hold(site, unit, { layer: name, reason });
      } else {
        need.carriers.set(carrierAt(site, region), { unit: carrier, row: constants.get(carrier)!.row });
        const reason = `it is constant, but ${name} pads with zeros, so no bias can take its place at the border: it stands for all constant units there`;
        need.hold(site, carrier, { layer: name, reason });
      }
    }
  }
}

/** How far a constant is above the border of the region; 0 where it is none there. */
function above({ constants }: Reader, unit: Unit): number {
  const read = constants.get(unit);
  return read ? Math.abs(aboveBorder(read.constant)) : 0;
}

/** What a carrier is at the border times the weights that it takes up is taken off the bias again: in float32 these must not be larger than what they stand for. */
const MOST_TIMES = 2;

function canCarry(reader: Reader, unit: Unit): boolean {
  const read = reader.constants.get(unit);
  if (!read || read.constant.border === 0) return read !== undefined;
  return reader.going.every((one) => above(reader, one) <= MOST_TIMES * above(reader, unit));
}

function readersAt(need: Need, site: Site): Reader[] {
  return site.links.flatMap((link): Reader[] => {
    if (!need.gathers(site, link)) return [];
    const columns = link.writes?.flatMap((unit, column) => (need.wants(site, unit) ? [column] : [])) ?? [0];
    const regions = new Map<number, { constants: Map<Unit, ReadRow>; going: Unit[] }>();
    link.reads.forEach((unit, row) => {
      const constant = need.constantRead(site, link, row);
      if (constant?.region === undefined) return;
      const { region } = constant;
      const own = regions.get(region) ?? {
        constants: new Map<Unit, ReadRow>(),
        going: [],
      };
      regions.set(region, own);
      const before = own.constants.get(unit);
      if (!before || Math.abs(aboveBorder(constant)) > Math.abs(aboveBorder(before.constant)))
        own.constants.set(unit, { row, constant });
      if (!need.needed.has(unit) && columns.some((column) => link.live(row, column))) own.going.push(unit);
    });
    return [...regions].flatMap(([region, own]) => (own.going.length > 0 ? [{ site, link, region, ...own }] : []));
  });
}

/** Where the carrier is found that a layer reads for the constants of a region. */
export function carrierAt(site: Site, region: number): string {
  return `${site.index}:${region}`;
}

/** Readers that would lose the same units: one carrier serves them all. */
function families(readers: readonly Reader[]): Reader[][] {
  const of = new Map<Unit, Reader[]>();
  const all = new Set<Reader[]>();
  for (const reader of readers) {
    const joined = new Set(reader.going.flatMap((unit) => (of.has(unit) ? [of.get(unit)!] : [])));
    const family = [...[...joined].flat(), reader];
    for (const one of joined) all.delete(one);
    all.add(family);
    for (const { going } of family) for (const unit of going) of.set(unit, family);
  }
  return [...all];
}
