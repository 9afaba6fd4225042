import type { HostTensor } from '../program/program.js';
import { shuffle } from '../random/permutation.js';
import { Augmenter } from './augment.js';
import type { BoundTable } from './bind.js';
import { numbersLike, PickedRows } from './picked-rows.js';

/** One batch: the batch inputs of a program by name. */
export interface Batch {
  readonly rows: number;
  readonly inputs: Readonly<Record<string, HostTensor>>;
}

/**
 * Reads a bound table batch by batch. With a seed it is read for training: every epoch has an order of its own, and pictures that are augmented are
 * changed anew, both fixed by the seed and the epoch's number. Without one the rows come in their order and as they are. The last batch of an epoch may be short. A batch's memory is taken once: it is valid until the next one is read.
 * What nothing changes is copied when it is looked at (PickedRows).
 */
export class Batches {
  /** Batches in an epoch. */
  readonly steps: number;
  private readonly batchSize: number;
  private readonly seed: number | undefined;
  /** The row of the table that is read k-th in this epoch. Undefined: the k-th. */
  private order: Int32Array | undefined;
  private readonly augmenters = new Map<string, Augmenter>();
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
    this.seed = options.seed;
    if (this.seed !== undefined)
      for (const { name, augmented } of table.tensors)
        if (augmented) this.augmenters.set(name, new Augmenter(augmented));
    this.steps = table.rows === 0 ? 0 : Math.ceil(table.rows / this.batchSize);
    this.whole = { rows: this.batchSize, inputs: this.memory() };
    const left = table.rows - Math.max(0, this.steps - 1) * this.batchSize;
    this.last = left === this.batchSize ? this.whole : shorter(this.whole, left);
  }

  private memory(): Record<string, HostTensor> {
    const { batchSize, places } = this;
    const memory = this.table.tensors.map(({ name, extents, width, data, rows }): [string, HostTensor] => {
      const shape = [batchSize, ...extents];
      if (this.augmenters.has(name)) return [name, { shape, data: numbersLike(data, batchSize * width) }];
      let own = places.get(rows);
      if (!own) places.set(rows, (own = new Int32Array(batchSize)));
      return [name, new PickedRows(shape, data, width, own)];
    });
    return Object.fromEntries(memory);
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
    for (const [rows, places] of this.places) {
      for (let k = 0; k < batch.rows; k++) {
        const row = this.order ? this.order[from + k]! : from + k;
        places[k] = rows ? rows[row]! : row;
      }
    }
    for (const { name, width } of this.table.tensors) {
      const input = batch.inputs[name]!;
      if (input instanceof PickedRows) input.pick();
      else {
        const augmenter = this.augmenters.get(name)!;
        for (let k = 0; k < batch.rows; k++) augmenter.write(this.order![from + k]!, input.data, k * width);
      }
    }
    return batch;
  }
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
