import type { Unit } from '../../ir/dims.js';

/** A set of units: networks have millions of memberships, and what asks for them asks for little else. */
export interface UnitSet extends Iterable<Unit> {
  readonly size: number;
  has(unit: Unit): boolean;
}

/** The units of some axes. Units that were made together follow each other: then two comparisons tell, and no table is needed. */
export function unitsOfAxes(axes: readonly (readonly Unit[])[]): UnitSet {
  const [axis] = axes;
  if (axes.length !== 1 || !axis || !follow(axis)) return new Set(axes.flat());
  const [first = 0] = axis;
  const end = first + axis.length;
  return { size: axis.length, has: (unit) => unit >= first && unit < end, [Symbol.iterator]: () => axis.values() };
}

/** Whether two axes have the same units in the same order. */
export function isSame(a: readonly Unit[], b: readonly Unit[]): boolean {
  return a === b || (a.length === b.length && a.every((unit, place) => unit === b[place]));
}

/** Whether the units of an axis follow each other. */
export function follow(axis: readonly Unit[]): boolean {
  for (let place = 1; place < axis.length; place++) if (axis[place] !== axis[0]! + place) return false;
  return true;
}

/** A set that grows, of units most of which are among so many from a first one on. */
export class MarkedUnits implements UnitSet {
  private readonly marks: Uint8Array;
  private readonly others = new Set<Unit>();
  private count = 0;

  constructor(
    private readonly first: Unit,
    length: number,
  ) {
    this.marks = new Uint8Array(length);
  }

  /** The units that stand on axes, where these lie close together; no range of them otherwise. */
  static near(axes: readonly (readonly Unit[])[]): MarkedUnits {
    let [least, most, units] = [Number.POSITIVE_INFINITY, -1, 0];
    for (const axis of axes) {
      units += axis.length;
      for (const unit of axis) {
        if (unit < least) least = unit;
        if (unit > most) most = unit;
      }
    }
    return units > 0 && most - least < 4 * units ? new MarkedUnits(least, most - least + 1) : new MarkedUnits(0, 0);
  }

  get size(): number {
    return this.count;
  }

  has(unit: Unit): boolean {
    const place = unit - this.first;
    return place >= 0 && place < this.marks.length ? this.marks[place] === 1 : this.others.has(unit);
  }

  /** Whether it was not there before. */
  add(unit: Unit): boolean {
    if (this.has(unit)) return false;
    const place = unit - this.first;
    if (place >= 0 && place < this.marks.length) this.marks[place] = 1;
    else this.others.add(unit);
    this.count++;
    return true;
  }

  *[Symbol.iterator](): Iterator<Unit> {
    for (let place = 0; place < this.marks.length; place++) if (this.marks[place] === 1) yield this.first + place;
    yield* this.others;
  }
}
