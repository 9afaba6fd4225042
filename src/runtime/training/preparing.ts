import { type Making, RowMaker } from '../../data/made-rows.js';
import { RowReader, type StoredPlan } from '../../data/row-reader.js';
import { drawRandom } from '../../random/streams.js';
import { drawnNumbers, drawnRows, type RandomInput } from './random-inputs.js';

/** What of a step's inputs is made ahead in another thread, as that thread is told. */
export interface Recipe {
  readonly seed: number;
  /** Rows of a batch, at most. */
  readonly batchSize: number;
  readonly made: readonly {
    readonly making: Making;
    /** Where the rows are that it is made of. Absent: the slot has them. */
    readonly stored?: StoredPlan;
  }[];
  readonly random: readonly RandomInput[];
}

/** A job in memory that both threads see: what to make, and the place for it. */
export interface Slot {
  /** `head` holds these. */
  readonly head: Int32Array;
  readonly made: readonly {
    /** The rows of the source whose random numbers are used. */
    readonly originals: Int32Array;
    /** The rows as they lie in memory, or in files. */
    readonly places: Int32Array;
    /** What is there of rows in memory. */
    readonly pictures: Float32Array;
    readonly rows: Float32Array;
  }[];
  readonly random: readonly Float32Array[];
}

/** The numbers in a slot's head. */
export const HEAD = { state: 0, epoch: 1, step: 2, rows: 3 } as const;
/** What is in `HEAD.state`. */
export const STATE = { empty: 0, asked: 1, ready: 2 } as const;

/** Lines of a processor's cache: two threads write into none at once. */
const LINE = 64;
const lines = (numbers: number) => Math.ceil((4 * numbers) / LINE) * LINE;

/** Bytes of a slot. */
export function slotBytes(recipe: Recipe): number {
  let bytes = 0;
  slotOf(recipe, {
    integers: (length) => {
      bytes += lines(length);
      return new Int32Array();
    },
    floats: (length) => {
      bytes += lines(length);
      return new Float32Array();
    },
  });
  return bytes;
}

/** A slot over memory of `slotBytes`. */
export function slotOver(recipe: Recipe, buffer: SharedArrayBuffer): Slot {
  let at = 0;
  const take = (length: number) => {
    const from = at;
    at += lines(length);
    return from;
  };
  return slotOf(recipe, {
    integers: (length) => new Int32Array(buffer, take(length), length),
    floats: (length) => new Float32Array(buffer, take(length), length),
  });
}

function slotOf(
  { batchSize, made, random }: Recipe,
  place: { readonly integers: (length: number) => Int32Array; readonly floats: (length: number) => Float32Array },
): Slot {
  return {
    head: place.integers(Object.keys(HEAD).length),
    made: made.map(({ making, stored }) => ({
      originals: place.integers(batchSize),
      places: place.integers(batchSize),
      pictures: place.floats(stored ? 0 : batchSize * making.from),
      rows: place.floats(batchSize * making.width),
    })),
    random: random.map((input) => place.floats(drawnNumbers(input, batchSize))),
  };
}

/** Does the jobs of slots. */
export class Preparer {
  private readonly made: readonly {
    readonly maker: RowMaker;
    readonly stored: RowReader | undefined;
  }[];
  private epoch: number | undefined;

  constructor(private readonly recipe: Recipe) {
    this.made = recipe.made.map(({ making, stored }) => ({
      maker: new RowMaker(making),
      stored: stored && new RowReader(stored),
    }));
  }

  /** @throws what reading rows from their files throws (RowReader) */
  prepare({ head, made, random }: Slot): void {
    const { seed } = this.recipe;
    const [epoch, step, rows] = [head[HEAD.epoch]!, head[HEAD.step]!, head[HEAD.rows]!];
    if (epoch !== this.epoch) for (const { maker } of this.made) maker.begin(seed, epoch);
    this.epoch = epoch;
    for (const [k, { maker, stored }] of this.made.entries()) {
      const { originals, places, pictures, rows: into } = made[k]!;
      const placeOf = stored ? (row: number) => places[row]! : (row: number) => row;
      maker.make({ count: rows, placeOf, originalOf: (row) => originals[row]! }, stored ?? pictures, into);
    }
    this.recipe.random.forEach((input, k) => {
      drawRandom(
        input.random,
        { seed, epoch, step },
        drawnRows(input, rows),
        random[k]!.subarray(0, drawnNumbers(input, rows)),
      );
    });
  }
}
