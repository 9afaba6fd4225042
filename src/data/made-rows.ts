import { type Augmentation, Augmenter } from './augment.js';

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

type Numbers = Float32Array | Int32Array;

/** Makes rows: the same in any thread, in any order. */
export class RowMaker {
  private readonly augmenter: Augmenter | undefined;

  constructor(private readonly of: Making) {
    this.augmenter = of.augmentation && new Augmenter(of.augmentation);
  }

  /** Goes to an epoch. Only augmentation needs it. */
  begin(seed: number, epoch: number): void {
    this.augmenter?.begin(seed, epoch);
  }

  /** Makes a row of the one at `start` of `data`, which the source read as its row `original`, from `at` of `into` on. */
  make(original: number, data: Numbers, start: number, into: Numbers, at: number): void {
    const { from, places } = this.of;
    if (this.augmenter) this.augmenter.write(original, data, start, into, at);
    else if (places) for (let k = 0; k < places.length; k++) into[at + k] = data[start + places[k]!]!;
    else into.set(data.subarray(start, start + from), at);
  }
}
