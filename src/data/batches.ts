import type { HostTensor } from '../program/program.js';
import { shuffle } from '../random/permutation.js';
import { Augmenter } from './augment.js';
import type { BoundTable, BoundTensor } from './bind.js';

/** One batch: the batch inputs of a program by name. */
export interface Batch {
  readonly rows: number;
  readonly inputs: Readonly<Record<string, HostTensor>>;
}

/**
 * Reads a bound table batch by batch. With a seed it is read for training: every epoch has an order of its own, and pictures that are augmented are
 * changed anew, both fixed by the seed and the epoch's number. Without one the rows come in their order and as they are. The last batch of an epoch may be short. A batch's memory is taken once: it is valid until the next one is read.
 */
export class Batches {
  /** Batches in an epoch. */
  readonly steps: number;
  private readonly batchSize: number;
  private readonly seed: number | undefined;
  /** The row of the table that is read k-th in this epoch. Undefined: the k-th. */
  private order: Int32Array | undefined;
  private readonly augmenters = new Map<string, Augmenter>();
  private readonly whole: Batch;
  private readonly last: Batch;

  constructor(
    private readonly table: BoundTable,
    options: { readonly batchSize: number; readonly seed?: number },
  ) {
    if (!Number.isInteger(options.batchSize) || options.batchSize < 1)
      throw new Error(`a batch of ${options.batchSize} rows`);
    this.batchSize = Math.min(options.batchSize, table.rows);
    this.seed = options.seed;
    if (this.seed !== undefined)
      for (const { name, augmented } of table.tensors)
        if (augmented) this.augmenters.set(name, new Augmenter(augmented));
    this.steps = table.rows === 0 ? 0 : Math.ceil(table.rows / this.batchSize);
    this.whole = emptyBatch(table, this.batchSize);
    const left = table.rows - Math.max(0, this.steps - 1) * this.batchSize;
    this.last = left === this.batchSize ? this.whole : firstRows(this.whole, table, left);
  }

  /** Goes to an epoch, counted from 0 over the whole training. Only reading for training needs it. */
  begin(epoch: number): void {
    if (this.seed === undefined) return;
    this.order = shuffle(this.table.rows, this.seed, epoch).fill(this.order);
    for (const augmenter of this.augmenters.values()) augmenter.begin(this.seed, epoch);
  }

  /** Batch `step` of the epoch, from 0. */
  read(step: number): Batch {
    if (!(step >= 0 && step < this.steps)) throw new Error(`batch ${step} of ${this.steps}`);
    if (this.seed !== undefined && !this.order) throw new Error('shuffled batches are read after begin(epoch)');
    const batch = step === this.steps - 1 ? this.last : this.whole;
    const from = step * this.batchSize;
    for (const tensor of this.table.tensors) {
      const into = batch.inputs[tensor.name]!.data;
      const augmenter = this.augmenters.get(tensor.name);
      if (!augmenter) copyRows(tensor, this.order, from, batch.rows, into);
      else for (let k = 0; k < batch.rows; k++) augmenter.write(this.order![from + k]!, into, k * tensor.width);
    }
    return batch;
  }
}

/** Rows of this width and more are copied by the memory's own copy: a third of the loop's time, for a short-lived view of each row. */
const WIDE = 16;

/** Copies rows from … from + count − 1 of the reading order. */
function copyRows(
  { data, rows, width }: BoundTensor,
  order: Int32Array | undefined,
  from: number,
  count: number,
  into: HostTensor['data'],
): void {
  let at = 0;
  for (let k = from; k < from + count; k++) {
    const row = order ? order[k]! : k;
    const start = (rows ? rows[row]! : row) * width;
    if (width >= WIDE) into.set(data.subarray(start, start + width), at);
    else for (let place = 0; place < width; place++) into[at + place] = data[start + place]!;
    at += width;
  }
}

function emptyBatch(table: BoundTable, rows: number): Batch {
  return {
    rows,
    inputs: Object.fromEntries(
      table.tensors.map(({ name, extents, width, data }) => {
        const memory = data instanceof Float32Array ? new Float32Array(rows * width) : new Int32Array(rows * width);
        return [name, { shape: [rows, ...extents], data: memory }];
      }),
    ),
  };
}

/** The same memory, seen as fewer rows. */
function firstRows(batch: Batch, table: BoundTable, rows: number): Batch {
  return {
    rows,
    inputs: Object.fromEntries(
      table.tensors.map(({ name, extents, width }) => [
        name,
        { shape: [rows, ...extents], data: batch.inputs[name]!.data.subarray(0, rows * width) },
      ]),
    ),
  };
}

export type { BoundTable };
