/** Rows of one block. Columns grow by blocks, so that growing never holds a column twice. */
const BLOCK = 2 ** 16;

/** The first missing cell of a column and how many there are. */
interface Missing {
  count: number;
  first: string;
}

/** The cells of a column of numbers; NaN where one is missing. */
export class NumberCells {
  readonly kind = 'number';
  readonly missing: Missing = { count: 0, first: '' };
  private readonly blocks: Float32Array[] = [];
  private rows = 0;

  add(value: number): void {
    const at = this.rows % BLOCK;
    if (at === 0) this.blocks.push(new Float32Array(BLOCK));
    this.blocks.at(-1)![at] = value;
    this.rows += 1;
  }

  /** All cells; the blocks are given up on the way. */
  take(): Float32Array {
    return joined(new Float32Array(this.rows), this.blocks);
  }
}

/** The cells of a column of texts, as places in the list of the different ones; -1 where one is missing. */
export class TextCells {
  readonly kind = 'text';
  readonly missing: Missing = { count: 0, first: '' };
  /** The first cell that is no number, where nobody said that the column holds texts. */
  odd: { readonly text: string; readonly place: string } | undefined;
  private readonly blocks: Int32Array[] = [];
  private readonly places = new Map<string, number>();
  private rows = 0;
  /** Letters of all different texts. */
  letters = 0;

  /** @param prose whether all of them may differ */
  constructor(readonly prose: boolean) {}

  /** The number of different texts. */
  get size(): number {
    return this.places.size;
  }

  add(text: string | undefined): void {
    const at = this.rows % BLOCK;
    if (at === 0) this.blocks.push(new Int32Array(BLOCK));
    this.blocks.at(-1)![at] = text === undefined ? -1 : this.placeOf(text);
    this.rows += 1;
  }

  get texts(): readonly string[] {
    return [...this.places.keys()];
  }

  /** How often each of the texts occurs. */
  counts(): Float64Array {
    const counts = new Float64Array(this.size);
    for (let row = 0; row < this.rows; row++) {
      const place = this.blocks[Math.floor(row / BLOCK)]![row % BLOCK]!;
      if (place >= 0) counts[place]! += 1;
    }
    return counts;
  }

  take(): Int32Array {
    return joined(new Int32Array(this.rows), this.blocks);
  }

  private placeOf(text: string): number {
    const known = this.places.get(text);
    if (known !== undefined) return known;
    this.places.set(text, this.places.size);
    this.letters += text.length;
    return this.places.size - 1;
  }
}

function joined<A extends Float32Array | Int32Array>(into: A, blocks: A[]): A {
  let at = 0;
  for (let block = blocks.shift(); block; block = blocks.shift()) {
    into.set(block.subarray(0, Math.min(BLOCK, into.length - at)), at);
    at += BLOCK;
  }
  return into;
}
