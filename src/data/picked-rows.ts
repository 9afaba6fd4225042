import { type HostTensor, sizeOf } from '../program/program.js';

type Numbers = Float32Array | Int32Array;

/**
 * The rows of a batch, which lie somewhere in a table. They are brought together when `data` is first read, as those of any tensor; who needs only some of them, or needs
 * them elsewhere, gathers them there himself and saves a copy of the batch. The two threads of a step do so, each with its half.
 */
export class PickedRows implements HostTensor {
  private taken: Numbers | undefined;
  private isGathered = false;

  /**
   * `places`: the k-th row of the batch is row `places[k]` of the table, `width` numbers each. The array may be longer than the batch. Its numbers change from one batch to
   * the next (`pick`); the arrays themselves stay. `larger`: whose memory `data` takes its own from.
   */
  constructor(
    readonly shape: readonly number[],
    readonly table: Numbers,
    readonly width: number,
    readonly places: Int32Array,
    private readonly larger?: PickedRows,
  ) {
    if (sizeOf(shape) !== shape[0]! * width) throw new Error(`rows of ${width} numbers as ${shape.join('×')}`);
  }

  /** All rows, in memory that is taken once. */
  get data(): Numbers {
    const { memory } = this;
    if (!this.isGathered) this.gather(0, this.shape[0]!, memory);
    this.isGathered = true;
    return memory;
  }

  private get memory(): Numbers {
    const size = this.shape[0]! * this.width;
    this.taken ??= this.larger ? this.larger.memory.subarray(0, size) : numbersLike(this.table, size);
    return this.taken;
  }

  /** The places tell of other rows now. */
  pick(): void {
    this.isGathered = false;
  }

  /** Copies `count` rows of the batch, from row `first` on, to the beginning of `into`. */
  gather(first: number, count: number, into: Numbers): void {
    gatherRows(this, first, count, into);
  }

  /** The first rows of every batch, as a shorter one in the same memory. */
  shorter(rows: number): PickedRows {
    const { shape, table, width, places } = this;
    return new PickedRows([rows, ...shape.slice(1)], table, width, places, this);
  }
}

/** As many zeros in an array of the same kind. */
export function numbersLike(like: Numbers, length: number): Numbers {
  return like instanceof Float32Array ? new Float32Array(length) : new Int32Array(length);
}

/** Copies the numbers of a row that begins at `start`: those at `places` of it, or all `width` of them where that is absent. */
export function copyRow(
  from: Numbers,
  start: number,
  { width, places }: { readonly width: number; readonly places?: Int32Array | undefined },
  into: Numbers,
  at: number,
): void {
  if (places) for (let k = 0; k < places.length; k++) into[at + k] = from[start + places[k]!]!;
  else into.set(from.subarray(start, start + width), at);
}

/** Copies rows `places[first]` … `places[first + count − 1]` of a table. Another thread compiles this from its text: it names nothing from outside. */
export function gatherRows(
  from: { readonly table: Numbers; readonly width: number; readonly places: Int32Array },
  first: number,
  count: number,
  into: Numbers,
): void {
  const { table, width, places } = from;
  // From this width on the memory's own copy takes a third of the loop's time, for a short-lived view of each row.
  const isWide = width >= 16;
  for (let k = 0, at = 0; k < count; k++, at += width) {
    const start = places[first + k]! * width;
    if (isWide) into.set(table.subarray(start, start + width), at);
    else for (let place = 0; place < width; place++) into[at + place] = table[start + place]!;
  }
}
