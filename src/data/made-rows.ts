import { type Augmentation, Augmenter } from './augment.js';
import { copyRow } from './picked-rows.js';
import { RowReader } from './row-reader.js';

/** How the rows of one tensor of a batch are made of those that its table has. Plain data, so that another thread can be told. */
export interface Making {
  /** Numbers of a row as the table has it, and of one that is made. */
  readonly from: number;
  readonly width: number;
  /** Absent: a row stays as it is. */
  readonly augmentation?: Augmentation | undefined;
  /** Which of the numbers of a row that stays as it is are read. Absent: all. */
  readonly places?: Int32Array | undefined;
}

/** Which rows are made, by their numbers in the batch. */
export interface RowsToMake {
  readonly count: number;
  /** Where a row lies among those that it is made of. */
  placeOf(row: number): number;
  /** The row of the source whose random numbers it has. */
  originalOf(row: number): number;
}

type Numbers = Float32Array | Int32Array;

/** Makes rows: the same in any thread, in any order. */
export class RowMaker {
  private readonly augmenter: Augmenter | undefined;
  /** A row as it is stored. */
  private raw: Float32Array | undefined;

  constructor(private readonly of: Making) {
    this.augmenter = of.augmentation && new Augmenter(of.augmentation);
  }

  /** Goes to an epoch. Only augmentation needs it. */
  begin(seed: number, epoch: number): void {
    this.augmenter?.begin(seed, epoch);
  }

  /** Makes rows of a batch, one behind the other from the beginning of `into` on, of those of `data`. @throws what reading rows from their files throws */
  make({ count, placeOf, originalOf }: RowsToMake, data: Numbers | RowReader, into: Numbers): void {
    const { from, width, places } = this.of;
    const isStored = data instanceof RowReader;
    if (isStored) this.raw ??= new Float32Array(from);
    for (let row = 0; row < count; row++) {
      const place = placeOf(row);
      if (isStored) data.read(place, this.raw!, 0);
      const [numbers, start] = isStored ? [this.raw!, 0] : [data, place * from];
      if (this.augmenter) this.augmenter.write(originalOf(row), numbers, start, into, row * width);
      else copyRow(numbers, start, { width: from, places }, into, row * width);
    }
  }
}
