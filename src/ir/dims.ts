/** One unit of one axis: a neuron, a feature, a channel. Ids are meaningless apart from identity; compare them after `Dims.find`. */
export type Unit = number;

/** An axis as a list of unit ids. Two axes that share a Dim (or its units) are coupled: they shrink together. */
export interface Dim {
  readonly units: readonly Unit[];
}

/** The extents of a tensor without the batch axis, which comes first and is implicit. */
export type Shape = readonly Dim[];

/** Where a unit was made: index `index` of `layer`, counted as in the network that was trained first. */
export interface Origin {
  readonly layer: string;
  readonly index: number;
}

/** Where the units of an axis stood in the network that was trained first, and how long the axis was there. */
export interface Originally {
  readonly indices: readonly number[];
  readonly width: number;
}

/** Neighbouring units of an axis that are an axis of their own for those behind it, such as a part that `Split` makes. */
export interface Stretch {
  /** `<layer>`, or `<layer>.<part>`: who cuts it. */
  readonly maker: string;
  readonly dim: Dim;
}

/** Axes that consist of equal blocks of neighbouring units and must stay so. */
export interface EqualBlocks {
  /** The layer that needs it. */
  readonly layer: string;
  /** Each of `blocks` blocks; the k-th blocks of all of them belong together. */
  readonly dims: readonly Dim[];
  readonly blocks: number;
  /** What the layer calls a block: `group`, `head`. */
  readonly called: string;
}

/** More units on one axis than there may be; thrown before they are made. */
export class TooManyUnits extends Error {
  constructor(readonly units: number) {
    super(`an axis of ${units} units`);
  }
}

/** Makes units and remembers which are the same (union-find), where they come from, and which are combined from others. */
export class Dims {
  private readonly parents: Unit[] = [];
  /** By unit: where it was made. */
  private readonly origins: Origin[] = [];
  /** By unit: the axis that it was given as a place of, which for those of a stretch is the stretch. */
  private readonly standing: Origin[] = [];
  private readonly components = new Map<Unit, readonly Unit[]>();
  private readonly pinned = new Map<Unit, string>();
  private readonly widths = new Map<string, number>();
  /** By unit: how long that axis was. */
  private readonly lengths: number[] = [];
  private readonly cut: Stretch[] = [];
  private readonly together = new Set<Unit>();
  private readonly blocks: EqualBlocks[] = [];
  private readonly ties: Unit[][] = [];

  /** `longest`: how many units one axis may have. */
  constructor(private readonly longest = Number.POSITIVE_INFINITY) {}

  /**
   * `size` new units of one layer; `indices` are their original indices (0, 1, … when absent) out of `width` (as many as there are, when
   * absent).
   */
  fresh(size: number, layer: string, indices?: readonly number[], width?: number): Dim {
    if (size > this.longest) throw new TooManyUnits(size);
    const length = width ?? (indices ? indices.reduce((most, index) => Math.max(most, index + 1), size) : size);
    this.widths.set(layer, length);
    const units = new Array<Unit>(size);
    for (let k = 0; k < size; k++) {
      const unit = this.parents.length;
      this.parents.push(unit);
      const origin = { layer, index: indices?.[k] ?? k };
      this.origins.push(origin);
      this.standing.push(origin);
      this.lengths.push(length);
      units[k] = unit;
    }
    return { units };
  }

  /** Picks units of an axis by position. */
  pick(dim: Dim, positions: readonly number[]): Dim {
    return { units: positions.map((position) => dim.units[position]!) };
  }

  /**
   * Units of an axis by position, as an axis of their own: the same units, which for those behind it are as if `maker` had made so many. What they read of it begins as
   * if there were nothing else, whatever stands beside it. `original`: their places in the stretch of the network that was trained first, and how long that one was;
   * absent: it was this one.
   */
  stretch(dim: Dim, positions: readonly number[], maker: string, original?: Originally): Dim {
    // All of an axis is that axis.
    if (!original && positions.length === dim.units.length && positions.every((position, k) => position === k))
      return dim;
    const length = original?.width ?? positions.length;
    const units = positions.map((position, k) => {
      const source = dim.units[position]!;
      const unit = this.parents.length;
      this.parents.push(this.find(source));
      this.origins.push(this.origins[source]!);
      this.standing.push({ layer: maker, index: original?.indices[k] ?? k });
      this.lengths.push(length);
      const parts = this.components.get(source);
      if (parts) this.components.set(unit, parts);
      if (this.together.has(source)) this.together.add(unit);
      return unit;
    });
    const made = { units };
    this.cut.push({ maker, dim: made });
    return made;
  }

  /** The stretches that layers cut out of axes. */
  get allStretches(): readonly Stretch[] {
    return this.cut;
  }

  /**
   * The row-major product of axes, as flatten makes it. Where at most one axis is longer than 1, or was, its units go on as they are, and the single units of
   * the others stay, since every unit of the product needs them; else every product unit is new and needs each of its components.
   * `together`: a unit of the product goes only with one of its components, since no argument of the layer could say that it is not there (a depthwise convolution
   * with several filters a channel).
   */
  product(parts: readonly Dim[], layer: string, options: { readonly together?: boolean } = {}): Dim {
    const long = parts.filter((part) => this.isLong(part));
    if (long.length <= 1) {
      const same = long[0] ?? parts[0] ?? this.fresh(1, layer);
      for (const part of parts)
        if (part !== same) this.pin(part, `${layer} flattens this axis of size 1, which all features share`);
      return same;
    }
    const count = parts.reduce((product, { units }) => product * units.length, 1);
    if (count > this.longest) throw new TooManyUnits(count);
    let tuples: Unit[][] = [[]];
    for (const part of parts) tuples = tuples.flatMap((tuple) => part.units.map((unit) => [...tuple, unit]));
    const { indices, width } = this.originalsOfShape(parts);
    const product = this.fresh(tuples.length, layer, indices, width);
    product.units.forEach((unit, k) => {
      this.components.set(unit, tuples[k]!);
      if (options.together) this.together.add(unit);
    });
    return product;
  }

  /**
   * A flat axis is taken apart into `axes`, row-major: units of the last one are made of those of the flat axis that stand at its place, and go with all of
   * them; the others stay as long as they are.
   */
  split(flat: Dim, axes: readonly Dim[], layer: string): void {
    for (const axis of axes.slice(0, -1))
      this.pin(axis, `${layer} makes these places of one axis, and places are never removed`);
    const { units } = axes.at(-1)!;
    units.forEach((unit, k) => {
      const parts = flat.units.filter((_, place) => place % units.length === k);
      this.components.set(unit, parts);
      this.ties.push([unit, ...parts]);
    });
  }

  /** Whether an axis is longer than 1, or was in the network that was trained first; of a stretch that alone counts. */
  isLong({ units }: Dim): boolean {
    return units.length !== 1 || this.lengths[units[0]!] !== 1;
  }

  /** Units that go together or not at all. */
  get allTies(): readonly (readonly Unit[])[] {
    return this.ties;
  }

  /** Whether a product unit goes only with one of its components. */
  goesWithComponents(unit: Unit): boolean {
    return this.together.has(unit);
  }

  /**
   * Declares that axes consist of equal blocks of neighbouring units and stay so, such as the groups of a grouped convolution or the heads of attention: each keeps
   * as many units as the fullest needs. A block may go as a whole where none of its units on any of the axes is needed; `called` is what a person
   * calls a block.
   */
  equalBlocks(layer: string, called: string, blocks: number, dims: readonly Dim[]): void {
    this.blocks.push({ layer, called, blocks, dims });
  }

  get allEqualBlocks(): readonly EqualBlocks[] {
    return this.blocks;
  }

  /**
   * Where the units of an axis stood in the network that was trained first, and how long the axis was. Units of several layers, or of one layer several times, stand one
   * run behind the other, each as long as the axis that it was made on, or the stretch that was cut out of that.
   */
  originalsOf(units: readonly Unit[]): Originally {
    let [start, width] = [0, 0];
    let run: { readonly layer: string; readonly seen: Set<number> } | undefined;
    const indices = units.map((unit) => {
      const { layer, index } = this.standing[unit]!;
      if (layer !== run?.layer || run.seen.has(index)) {
        run = { layer, seen: new Set() };
        start = width;
        width += this.lengths[unit]!;
      }
      run.seen.add(index);
      return start + index;
    });
    return { indices, width: Math.max(width, units.length) };
  }

  /** Where the elements of several axes stood, row-major, in the network that was trained first, and how many there were. */
  originalsOfShape(shape: Shape): Originally {
    return productOfOriginals(shape.map(({ units }) => this.originalsOf(units)));
  }

  /** Whether any unit is made of others. */
  get hasComponents(): boolean {
    return this.components.size > 0;
  }

  /** The units that a product unit is made of; empty for any other. */
  componentsOf(unit: Unit): readonly Unit[] {
    return this.components.get(unit) ?? [];
  }

  /** Makes two axes the same, unit by unit. False when their lengths differ. */
  unify(a: Dim, b: Dim): boolean {
    if (a.units.length !== b.units.length) return false;
    for (let k = 0; k < a.units.length; k++) {
      const x = this.find(a.units[k]!);
      const y = this.find(b.units[k]!);
      if (x === y) continue;
      const [root, other] = [Math.min(x, y), Math.max(x, y)];
      this.parents[other] = root;
      const reason = this.pinned.get(other);
      if (reason !== undefined && !this.pinned.has(root)) this.pinned.set(root, reason);
    }
    return true;
  }

  /** The representative of a unit. */
  find(unit: Unit): Unit {
    let root = unit;
    while (this.parents[root] !== root) root = this.parents[root]!;
    let at = unit;
    while (this.parents[at] !== root) {
      const next = this.parents[at]!;
      this.parents[at] = root;
      at = next;
    }
    return root;
  }

  origin(unit: Unit): Origin {
    return this.origins[unit]!;
  }

  /** How many units a layer made in the network that was trained first. */
  widthOf(layer: string): number {
    return this.widths.get(layer) ?? 0;
  }

  /** Declares that units may not be removed, and why; the first reason stays. */
  pin(dim: Dim, reason: string): void {
    for (const unit of dim.units) {
      const root = this.find(unit);
      if (!this.pinned.has(root)) this.pinned.set(root, reason);
    }
  }

  /** Why a unit may not be removed, if so. */
  pinOf(unit: Unit): string | undefined {
    return this.pinned.get(this.find(unit));
  }

  get size(): number {
    return this.parents.length;
  }
}

/** Where the elements of several axes stood, row-major, by where the units of each did. */
export function productOfOriginals(axes: readonly Originally[]): Originally {
  return axes.reduce<Originally>(
    (before, own) => ({
      indices: before.indices.flatMap((index) => own.indices.map((k) => index * own.width + k)),
      width: before.width * own.width,
    }),
    { indices: [0], width: 1 },
  );
}

/** The length of every axis. */
export function extents(shape: Shape): number[] {
  return shape.map((dim) => dim.units.length);
}

/** `28×28×1`, as people read it. */
export function showShape(shape: Shape): string {
  return extents(shape).join('×') || 'scalar';
}
