import type { HostSite } from './method.js';
import { lowest, shareOf } from './shares.js';

/** One unit at one kernel that writes it. */
export interface UnitPlace<A> {
  readonly site: HostSite<A>;
  readonly unit: number;
}

/** A unit that may go, with every kernel of the method that writes it. */
export interface HostUnit<A> {
  readonly places: readonly UnitPlace<A>[];
  /** Which layers it belongs to: units that share kernels have the same. */
  readonly family: Family;
  /** Whether any weight into it is not 0. */
  readonly alive: boolean;
}

/** Units of one layer, or of several whose outputs are added up. */
export interface Family {
  /** How many there were before any were removed on the way. */
  readonly whole: number;
  /** How many of those are left in the network. */
  readonly left: number;
}

/** The sites of each spelling of a method's arguments: what one annotation says of several layers it says of all of them together. */
export function bySpelling<A>(sites: readonly HostSite<A>[]): readonly (readonly HostSite<A>[])[] {
  const found = new Map<string, HostSite<A>[]>();
  for (const site of sites) {
    const key = JSON.stringify(site.arguments);
    found.set(key, [...(found.get(key) ?? []), site]);
  }
  return [...found.values()];
}

/** The units that may go, in the order of the sites; those that are outputs of the model never do. */
export function unitsOf<A>(sites: readonly HostSite<A>[]): readonly HostUnit<A>[] {
  const places = new Map<number, UnitPlace<A>[]>();
  const stays = new Set<number>();
  for (const site of sites)
    site.written.forEach((id, unit) => {
      if (site.isOutput(unit)) stays.add(id);
      places.set(id, [...(places.get(id) ?? []), { site, unit }]);
    });
  const alive = new Map(sites.map((site) => [site, livingUnits(site)]));
  // The sites of a family are connected by units that they share.
  const families = new Map<HostSite<A>, Set<HostSite<A>>>(sites.map((site) => [site, new Set([site])]));
  for (const own of places.values()) {
    const [first, ...others] = own.map(({ site }) => families.get(site)!);
    for (const other of others)
      for (const site of other) {
        first!.add(site);
        families.set(site, first!);
      }
  }
  const known = new Map<ReadonlySet<HostSite<A>>, Family>();
  const familyOf = (site: HostSite<A>): Family => {
    const members = families.get(site)!;
    let family = known.get(members);
    if (!family) {
      const left = new Set([...members].flatMap(({ written }) => written)).size;
      const whole = Math.max(left, ...[...members].map((one) => one.whole.units));
      known.set(members, (family = { whole, left }));
    }
    return family;
  };
  return [...places]
    .filter(([id]) => !stays.has(id))
    .map(([, own]) => ({
      places: own,
      family: familyOf(own[0]!.site),
      alive: own.some(({ site, unit }) => alive.get(site)![unit] === 1),
    }));
}

function livingUnits<A>({ kernel, unitOf, written }: HostSite<A>): Uint8Array {
  const alive = new Uint8Array(written.length);
  unitOf.incoming?.groupOf.forEach((unit, k) => {
    if (kernel[k] !== 0) alive[unit] = 1;
  });
  return alive;
}

/** Makes the weights into a unit 0, and its bias. */
export function removeUnit<A>({ places }: HostUnit<A>): void {
  for (const { site, unit } of places) {
    site.unitOf.incoming?.groupOf.forEach((group, k) => {
      if (group === unit) site.kernel[k] = 0;
    });
    site.unitOfBias?.forEach((group, k) => {
      if (group === unit) site.bias![k] = 0;
    });
  }
}

/** The best unit of every family, of equals the last, which stays: a layer without units would leave nothing behind it to compute with. */
function keepers<A>(units: readonly HostUnit<A>[], scores: Float64Array): ReadonlySet<number> {
  const best = new Map<Family, number>();
  units.forEach(({ family, alive }, k) => {
    const other = best.get(family);
    const isBetter =
      other === undefined ||
      Number(alive) - Number(units[other]!.alive) > 0 ||
      (alive === units[other]!.alive && scores[k]! >= scores[other]!);
    if (isBetter) best.set(family, k);
  });
  return new Set(best.values());
}

/**
 * Removes units until a share of all is gone, counting those that are dead already or were removed on the way: by families, or the lowest scores of all together. The
 * last unit of a family stays.
 */
export function removeShare<A>(
  units: readonly HostUnit<A>[],
  scores: Float64Array,
  { share, apart }: { readonly share: number; readonly apart: boolean },
): void {
  const places = Array.from(units.keys());
  const groups = apart
    ? [...new Set(units.map(({ family }) => family))].map((family) => places.filter((k) => units[k]!.family === family))
    : [places];
  for (const group of groups) {
    const families = new Set(group.map((k) => units[k]!.family));
    const gone = [...families].reduce((sum, { whole, left }) => sum + whole - left, 0);
    removeLowest(
      group.map((k) => units[k]!),
      Float64Array.from(group, (k) => scores[k]!),
      shareOf(share, group.length + gone) - gone,
    );
  }
}

/** Makes `count` units 0, the dead ones among them first, then those of the lowest scores; the last unit of a family stays. */
export function removeLowest<A>(units: readonly HostUnit<A>[], scores: Float64Array, count: number): void {
  const stay = keepers(units, scores);
  const going = Array.from(units.keys()).filter((k) => !stay.has(k));
  const order = Float64Array.from(going, (k) => (units[k]!.alive ? scores[k]! : Number.NEGATIVE_INFINITY));
  for (const place of lowest(order, count)) removeUnit(units[going[place]!]!);
}
