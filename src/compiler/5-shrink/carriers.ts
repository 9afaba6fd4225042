import type { Unit } from '../../ir/dims.js';
import type { Link, Site } from './links.js';
import type { Need } from './liveness.js';

/** The unit whose weights at a layer take up those of other constant units. */
export interface Carrier {
  readonly unit: Unit;
}

/** A layer that reads constants next to zeros, and the units that it would lose. */
interface Reader {
  readonly site: Site;
  readonly link: Link;
  /** Constants that are not 0, by unit. */
  readonly constants: ReadonlyMap<Unit, number>;
  /** Of these, units that nothing else needs and that it reads through a weight that is not 0. */
  readonly going: readonly Unit[];
}

/**
 * Beside zeros, at the rim of a padded convolution, a constant c_i is not one that a bias can hold; but what all constant units give is what one of them, k, gives
 * with the weights W_k + Σ c_i / c_k · W_i. Of the constant units that several such layers read the one stays whose smallest |c_k| over the layers is largest; one
 * that stays anyway comes first. Where none is other than 0 for all of them, all stay.
 */
export function chooseCarriers(need: Need): void {
  const readers = need.sites.flatMap((site) => (need.living(site) ? readersAt(need, site) : []));
  for (const family of families(readers)) {
    const known = family.flatMap(({ site }) => need.carriers.get(site.index)?.unit ?? []);
    const least = (unit: Unit) => Math.min(...family.map(({ constants }) => Math.abs(constants.get(unit) ?? 0)));
    const candidates = [...family[0]!.constants.keys()].filter((unit) => least(unit) > 0);
    const read = new Set(family.flatMap(({ going }) => going));
    const rank = (unit: Unit) => (known.includes(unit) ? 3 : need.needed.has(unit) ? 2 : read.has(unit) ? 1 : 0);
    const [carrier] = candidates.sort((a, b) => rank(b) - rank(a) || least(b) - least(a) || a - b);
    for (const { site, going } of family) {
      const { name } = site.node;
      if (carrier === undefined) {
        const reason = `${name} adds zeros beside it, so that its constant fits into no bias, and no unit can stand for it`;
        for (const unit of going) need.hold(site, unit, { layer: name, reason });
      } else {
        need.carriers.set(site.index, { unit: carrier });
        const reason = `${name} adds zeros beside it, so that its constant fits into no bias: it stands for all that are constant`;
        need.hold(site, carrier, { layer: name, reason });
      }
    }
  }
}

function readersAt(need: Need, site: Site): Reader[] {
  return site.links.flatMap((link): Reader[] => {
    if (!need.gathers(site, link)) return [];
    const columns = link.writes?.flatMap((unit, column) => (need.wants(site, unit) ? [column] : [])) ?? [0];
    const constants = new Map<Unit, number>();
    const going: Unit[] = [];
    link.reads.forEach((unit, row) => {
      const constant = need.constantRead(site, link, row);
      if (constant === undefined || constant === 0) return;
      constants.set(unit, constant);
      if (!need.needed.has(unit) && columns.some((column) => link.live(row, column))) going.push(unit);
    });
    return going.length > 0 ? [{ site, link, constants, going }] : [];
  });
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
