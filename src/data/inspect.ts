import { sizeOf } from '../program/program.js';
import type { BoundTable, BoundTensor } from './bind.js';
import type { Field, Table } from './source.js';
import { heldNumbers } from './row-memory.js';
import { RowCursor } from './stored-rows.js';

/** The numbers of a field over the rows of a table. */
export interface FieldRange {
  readonly least: number;
  readonly most: number;
  readonly mean: number;
  /** NaN and infinities. */
  readonly notFinite: number;
  /** Places in a row that never change, by their number. */
  readonly constant: readonly number[];
}

/** Goes through the numbers of a field once. */
export function rangeOf(field: Field, table: Table): FieldRange {
  const width = sizeOf(field.shape);
  const cursor = new RowCursor({ data: field.data, width, rows: table.selection });
  const first = new Float64Array(width).fill(Number.NaN);
  const changes = new Uint8Array(width);
  let [least, most, sum, finite, notFinite] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0];
  for (let row = 0; row < table.rows; row++) {
    const { numbers, from } = cursor.seek(row);
    for (let place = 0; place < width; place++) {
      const value = numbers[from + place]!;
      if (row === 0) first[place] = value;
      else if (value !== first[place]) changes[place] = 1;
      if (!Number.isFinite(value)) {
        notFinite += 1;
        continue;
      }
      if (value < least) least = value;
      if (value > most) most = value;
      sum += value;
      finite += 1;
    }
  }
  const constant = [...changes.keys()].filter((place) => changes[place] === 0);
  return { least, most, mean: finite === 0 ? Number.NaN : sum / finite, notFinite, constant };
}

/** Rows of every class, for class numbers below `classes`. */
export function classCounts(field: Field, table: Table, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  const labels = heldNumbers(field, 'what is to be predicted');
  for (let row = 0; row < table.rows; row++) {
    const label = labels[table.selection ? table.selection[row]! : row]!;
    if (label >= 0 && label < classes) counts[label]! += 1;
  }
  return counts;
}

/** How often rows have the inputs of a training row. */
export interface Repetition {
  /** Rows whose inputs a training row has, too; within the training rows, an earlier one. */
  readonly rows: number;
  /** Of these, rows with the same target as well. */
  readonly sameTarget: number;
  /** The first of them, and the training row. */
  readonly first?: { readonly row: number; readonly trainRow: number };
}

/**
 * Finds rows with the same inputs: within the training rows, and between these and the rows of other parts. Rows are told apart by a hash of 52 bits, and where it
 * agrees by their numbers, so that what is found is so.
 */
export class TrainingRows {
  private readonly places = new Map<number, number>();
  private readonly inputs: readonly BoundTensor[];
  private readonly targets: readonly BoundTensor[];
  readonly within: Repetition;

  constructor(table: BoundTable) {
    this.inputs = table.tensors.filter(({ name }) => !name.startsWith('target:'));
    this.targets = table.tensors.filter(({ name }) => name.startsWith('target:'));
    this.within = this.count(table, true);
  }

  /** @param part bound as the training rows are */
  repeatedIn(part: BoundTable): Repetition {
    return this.count(part, false);
  }

  private count(part: BoundTable, isOwn: boolean): Repetition {
    const inputs = isOwn ? this.inputs : this.inputs.map(({ name }) => part.tensors.find((one) => one.name === name)!);
    const targets = isOwn
      ? this.targets
      : this.targets.map(({ name }) => part.tensors.find((one) => one.name === name)!);
    const own = { inputs: new RowWords(this.inputs), targets: new RowWords(this.targets) };
    const [inputWords, targetWords] = [new RowWords(inputs), new RowWords(targets)];
    let [rows, sameTarget] = [0, 0];
    let first: Repetition['first'];
    for (let row = 0; row < part.rows; row++) {
      // Another row of the same hash, if there ever is one, has the next place.
      for (let key = inputWords.hash(row); ; key++) {
        const found = this.places.get(key);
        if (found === undefined) {
          if (isOwn) this.places.set(key, row);
          break;
        }
        if (!own.inputs.isEqual(found, inputWords, row)) continue;
        rows += 1;
        if (own.targets.isEqual(found, targetWords, row)) sameTarget += 1;
        first ??= { row, trainRow: found };
        break;
      }
    }
    return { rows, sameTarget, ...(first && { first }) };
  }
}

/** Rows of tensors as 32-bit words. */
class RowWords {
  private readonly rows: { readonly cursor: RowCursor; readonly width: number; words: Int32Array }[];

  constructor(tensors: readonly BoundTensor[]) {
    this.rows = tensors.map((tensor) => {
      const cursor = new RowCursor(tensor);
      const { buffer, byteOffset, length } = cursor.numbers;
      return { cursor, width: tensor.width, words: new Int32Array(buffer, byteOffset, length) };
    });
  }

  /** A hash of a row (two lanes of the mixing of MurmurHash3, by A. Appleby), below 2⁵². */
  hash(row: number): number {
    let one = 0x9747b28c;
    let two = 0x3c6ef372;
    for (const { cursor, width, words } of this.rows) {
      const { from } = cursor.seek(row);
      for (let k = from; k < from + width; k++) {
        const word = Math.imul(words[k]!, 0xcc9e2d51);
        one = Math.imul((one ^ word) | 0, 0x1b873593);
        one = (one << 13) | (one >>> 19);
        two = Math.imul(two ^ (word >>> 3) ^ words[k]!, 0x85ebca6b);
        two ^= two >>> 15;
      }
    }
    return (one >>> 0) * 2 ** 20 + ((two >>> 0) & 0xfffff);
  }

  isEqual(row: number, other: RowWords, otherRow: number): boolean {
    return this.rows.every(({ cursor, width, words }, k) => {
      const { cursor: against, words: others } = other.rows[k]!;
      const [{ from }, { from: start }] = [cursor.seek(row), against.seek(otherRow)];
      for (let place = 0; place < width; place++) if (words[from + place] !== others[start + place]) return false;
      return true;
    });
  }
}
