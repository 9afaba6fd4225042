import { type HostTensor, sizeOf } from '../program/program.js';
import { type Permutation, shuffle } from '../random/permutation.js';
import type { BoundTable, BoundTensor } from './bind.js';
import { type Making, RowMaker } from './made-rows.js';
import { numbersLike, PickedRows } from './picked-rows.js';
import { StoredRows } from './stored-rows.js';

/** One batch: the batch inputs of a program by name; for a step its random inputs, too. */
export interface Batch {
  readonly rows: number;
  readonly inputs: Readonly<Record<string, HostTensor>>;
}

/** A step of the training, by which a batch and its random numbers are known. */
export interface StepPlace {
  /** From 0, over the whole training. */
  readonly epoch: number;
  /** From 0, within the epoch. */
  readonly step: number;
}

/** A tensor of batches whose rows are made one by one, and not only copied. */
export interface MadeTensor {
  readonly making: Making;
  readonly data: BoundTensor['data'];
  /** Which row of `data` row r of the table is, and which row the source read it as; r itself where absent. */
  readonly rows: Int32Array | undefined;
  readonly originals: Int32Array | undefined;
  /** The rows of the batch that was read last; of a shorter one the first. */
  readonly memory: Float32Array | Int32Array;
}

/**
 * Reads a bound table batch by batch. With a seed it is read for training: every epoch has an order of its own, and pictures that are augmented are
 * changed anew, both fixed by the seed and the epoch's number. Without one the rows come in their order and as they are. The last batch of an epoch may be short. A batch's memory is taken once: it is valid until the next one is read.
 * What nothing changes is copied when it is looked at (PickedRows), or read from its file.
 */
export class Batches {
  /** Batches in an epoch. */
  readonly steps: number;
  /** Rows of all batches but the last of an epoch. */
  readonly batchSize: number;
  readonly made: readonly MadeTensor[];
  private readonly seed: number | undefined;
  private epoch: number | undefined;
  /** The orders of rows in the epochs that were asked for last. */
  private readonly orders = new Map<number, Permutation>();
  private readonly rows: Int32Array;
  private readonly makers: readonly RowMaker[];
  /** Of which rows of a tensor's memory the batch consists, by the tensor's own `rows`, which tensors share. */
  private readonly places = new Map<Int32Array | undefined, Int32Array>();
  private readonly whole: Batch;
  private readonly last: Batch;

  constructor(
    private readonly table: BoundTable,
    options: { readonly batchSize: number; readonly seed?: number },
  ) {
    if (!Number.isInteger(options.batchSize) || options.batchSize < 1)
      throw new Error(`a batch of ${options.batchSize} rows`);
    this.batchSize = Math.min(options.batchSize, table.rows);
    this.rows = new Int32Array(this.batchSize);
    this.seed = options.seed;
    const made = new Map(
      table.tensors.flatMap((tensor) => {
        const found = madeOf(tensor, this.batchSize, this.seed !== undefined);
        return found ? [[tensor.name, found]] : [];
      }),
    );
    this.made = [...made.values()];
    this.makers = this.made.map(({ making }) => new RowMaker(making));
    this.steps = table.rows === 0 ? 0 : Math.ceil(table.rows / this.batchSize);
    this.whole = { rows: this.batchSize, inputs: this.memory(made) };
    const left = table.rows - Math.max(0, this.steps - 1) * this.batchSize;
    this.last = left === this.batchSize ? this.whole : shorter(this.whole, left);
  }

  private memory(made: ReadonlyMap<string, MadeTensor>): Record<string, HostTensor> {
    const { batchSize, places } = this;
    const memory = this.table.tensors.map(({ name, extents, width, data, rows }): [string, HostTensor] => {
      const shape = [batchSize, ...extents];
      const own = made.get(name);
      if (own) return [name, { shape, data: own.memory }];
      let picked = places.get(rows);
      if (!picked) places.set(rows, (picked = new Int32Array(batchSize)));
      return [name, new PickedRows(shape, data as Exclude<typeof data, StoredRows>, width, picked)];
    });
    return Object.fromEntries(memory);
  }

  /** Goes to an epoch, counted from 0 over the whole training. Only reading for training needs it. */
  begin(epoch: number): void {
    if (this.seed === undefined || epoch === this.epoch) return;
    this.epoch = epoch;
    for (const maker of this.makers) maker.begin(this.seed, epoch);
  }

  /** Batch `step` of the epoch, from 0. */
  read(step: number): Batch {
    const batch = this.pick(step);
    for (const [k, { data, rows, originals, memory }] of this.made.entries()) {
      const rowsToMake = {
        count: batch.rows,
        placeOf: (row: number) => placeIn(rows, this.rows[row]!),
        originalOf: (row: number) => placeIn(originals, this.rows[row]!),
      };
      this.makers[k]!.make(rowsToMake, data, memory);
    }
    return batch;
  }

  /** The same, but for what is in the memory of tensors whose rows are made: the caller has made them. */
  pick(step: number): Batch {
    if (this.seed !== undefined && this.epoch === undefined)
      throw new Error('shuffled batches are read after begin(epoch)');
    const rows = this.rowsOf({ epoch: this.epoch ?? 0, step }, this.rows);
    for (const [own, places] of this.places) for (let k = 0; k < rows; k++) places[k] = placeIn(own, this.rows[k]!);
    const batch = step === this.steps - 1 ? this.last : this.whole;
    for (const input of Object.values(batch.inputs)) if (input instanceof PickedRows) input.pick();
    return batch;
  }

  /** Writes which rows of the table a batch of any epoch consists of. @returns how many */
  rowsOf({ epoch, step }: StepPlace, into: Int32Array): number {
    if (!(step >= 0 && step < this.steps)) throw new Error(`batch ${step} of ${this.steps}`);
    const { rows } = step === this.steps - 1 ? this.last : this.whole;
    const from = step * this.batchSize;
    const order = this.seed === undefined ? undefined : this.orderOf(this.seed, epoch);
    for (let k = 0; k < rows; k++) into[k] = order ? order.at(from + k) : from + k;
    return rows;
  }

  private orderOf(seed: number, epoch: number): Permutation {
    let order = this.orders.get(epoch);
    if (order) return order;
    order = shuffle(this.table.rows, seed, epoch);
    // The present epoch and the one that is read ahead.
    for (const known of this.orders.keys()) if (known !== epoch - 1 && known !== epoch + 1) this.orders.delete(known);
    this.orders.set(epoch, order);
    return order;
  }
}

/** What makes the rows of a tensor; undefined where they are only copied. */
function madeOf(tensor: BoundTensor, batchSize: number, isTraining: boolean): MadeTensor | undefined {
  const { augmented, width, places } = tensor;
  const { data, rows } = isTraining && augmented ? augmented : tensor;
  const memory = () =>
    data instanceof StoredRows ? new Float32Array(batchSize * width) : numbersLike(data, batchSize * width);
  if (isTraining && augmented) {
    const { extents, originals, input, calls, between } = augmented;
    // Where a word stands in the text is of no use to who makes rows.
    const plain = calls.map(({ word, arguments: args }) => ({ word, arguments: args }));
    const augmentation = { input, calls: plain, extents, places: augmented.places, between };
    return { making: { from: sizeOf(extents), width, augmentation }, data, rows, originals, memory: memory() };
  }
  if (!(data instanceof StoredRows)) return undefined;
  return { making: { from: data.width, width, places }, data, rows, originals: undefined, memory: memory() };
}

/** Where row `row` of a table lies, by a list that says so; in its own place where there is none. */
export function placeIn(list: Int32Array | undefined, row: number): number {
  return list ? list[row]! : row;
}

/** The same memory, seen as fewer rows. */
function shorter({ rows: all, inputs }: Batch, rows: number): Batch {
  const fewer = Object.entries(inputs).map(([name, input]): [string, HostTensor] => {
    if (input instanceof PickedRows) return [name, input.shorter(rows)];
    const { shape, data } = input;
    return [name, { shape: [rows, ...shape.slice(1)], data: data.subarray(0, (rows * data.length) / all) }];
  });
  return { rows, inputs: Object.fromEntries(fewer) };
}

export type { BoundTable };
